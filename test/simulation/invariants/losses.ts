import type { History } from "../world.ts";
import { type Evidence, nameOf } from "./evidence.ts";
import type { Excuses } from "./excuses.ts";

/** Where every event goes that no app drops. */
const destinations = ["posthog", "onEvent author", "onEvent flaky", "exportEvents exporter"];

/** Every acknowledged event, and what apps made of it, arrived at every destination, or is a dead letter. */
export function checkNothingLost({ ledger }: History, { deadLetters }: Evidence, excuses: Excuses): string[] {
  const isDead = (destination: string, n: string) =>
    deadLetters.some((letter) => nameOf(letter) === destination && letter.names.includes(n));
  const arrived = (destination: string, n: string) =>
    (ledger.arrivals.get(destination) ?? []).some((arrival) => arrival.n === n && arrival.took) ||
    isDead(destination, n);
  const violations: string[] = [];
  const expect = (n: string, ...anyOf: string[]) => {
    if (anyOf.some((destination) => arrived(destination, n))) return;
    violations.push(`${n} was acknowledged, and never arrived at ${anyOf[0]}`);
  };

  for (const { plan, acknowledged } of ledger.sent.values()) {
    const { n, event } = plan;
    if (acknowledged === 0) violations.push(`${n} was never accepted`);
    if (event === "noise") continue;
    for (const destination of destinations.filter(excuses.isLasting)) expect(n, destination);
    // A buffer that an app has made itself is no destination: its dead letters have a hook of their own.
    expect(n, "exportEvents gatherer", "onFlush gatherer", "onEvent gatherer");
    if (event !== "seed" || isDead("onEvent author", n)) continue;
    expect(`${n}+`, "posthog");
    expect(`${n}+`, "jobs.later author");
  }
  return violations;
}
