import type { ProcessedPluginEvent } from "../plugin-event.ts";

/** Where a buffered event keeps its generation: a buffer gathers the events of many requests. */
const FIELD = "__edgehog_generation";

/** Events as they are buffered. A client's, of generation 0, stay as they are. */
export function withGeneration(
  events: readonly ProcessedPluginEvent[],
  generation = 0,
): readonly ProcessedPluginEvent[] {
  return generation === 0 ? events : events.map((event) => ({ ...event, [FIELD]: generation }));
}

/** Takes the generations off buffered events, which are changed; returns the highest. */
export function takeGeneration(events: readonly (ProcessedPluginEvent & { [FIELD]?: number })[]): number {
  let highest = 0;
  for (const event of events) {
    if (event[FIELD] === undefined) continue;
    highest = Math.max(highest, event[FIELD]);
    delete event[FIELD];
  }
  return highest;
}
