import type { Item } from "./schedule.ts";

/** An item of a schedule, for people. */
export function describeItem(item: Item): string {
  if (item.do === "send" || item.do === "repeat") {
    const events = item.events.map(({ n, event, outcomes }) => `${n}(${event} ${outcomes.join("/")})`);
    return `${item.do}: ${item.project}, ${item.protocol}, ${events.join(" ")}`;
  }
  const { at: _at, do: what, ...rest } = item;
  const details = Object.entries(rest).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return `${what}: ${details.join(", ")}`;
}
