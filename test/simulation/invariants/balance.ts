import type { Totals } from "../../../src/accounts/read.ts";
import { type Evidence, nameOf } from "./evidence.ts";
import type { Excuses } from "./excuses.ts";

/**
 * Every accepted event was counted in exactly one outcome, at every destination, and the dead ones are among the dead letters.
 *
 * What the gateway does not promise, and is let pass: the account of an app that a deployment took away while its step was
 * interrupted; an event whose follow-up was published while neither Redis nor QStash said so.
 */
export function checkBalance({ totals, deadLetters }: Evidence, excuses: Excuses): string[] {
  const violations: string[] = [];
  for (const [project, counted] of totals) {
    const survivors = counted.accepted - sum(counted.dropped) - counted.duplicate;
    const toPostHog = counted.destinations.find(({ hook }) => hook === "posthog");
    const posthog = (toPostHog?.routed ?? 0) - (toPostHog?.replayed ?? 0);
    if (survivors !== posthog) {
      violations.push(
        `${project}: ${counted.accepted} accepted - ${sum(counted.dropped)} dropped - ${counted.duplicate} duplicate are not the ${posthog} that set out for PostHog`,
      );
    }
    for (const destination of counted.destinations) {
      const { routed, delivered, ignored, dead, replayed = 0 } = destination;
      const place = nameOf(destination);
      const ended = delivered + ignored + dead;
      const isTakenAway = !excuses.isLasting(place) && excuses.repeatsOfBatches > 0;
      const isExcused = Math.abs(routed - ended) <= excuses.doubt(project) || (ended > routed && isTakenAway);
      if (!isExcused) {
        violations.push(
          `${project} ${place}: ${routed} set out, ${delivered} delivered + ${ignored} ignored + ${dead} dead`,
        );
      }
      const letters = deadLetters.filter((letter) => letter.project === project && nameOf(letter) === place);
      const kept = size(letters) + replayed;
      if (Math.abs(dead - kept) > excuses.doubt(project)) {
        violations.push(
          `${project} ${place}: ${dead} counted as dead, ${kept} replayed or among the dead letters`,
        );
      }
    }
  }
  return violations;
}

function size(letters: Evidence["deadLetters"]): number {
  return letters.reduce((number, { events }) => number + Math.max(1, events.length), 0);
}

function sum(counts: Totals["dropped"]): number {
  return Object.values(counts).reduce((total, number) => total + number, 0);
}
