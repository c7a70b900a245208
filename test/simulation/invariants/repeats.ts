import { sourceOf } from "../ledger.ts";
import type { History } from "../world.ts";
import { type Evidence, nameOf } from "./evidence.ts";
import type { Excuses } from "./excuses.ts";

/** Executions of a hook that its schedule of retries allows (decisions 15). */
const MAX_EXECUTIONS = 6;

/** Nothing happened more often than its schedule, and the faults that it met, allow. */
export function checkRepeats({ ledger }: History, excuses: Excuses): string[] {
  const violations: string[] = [];
  for (const [destination, arrivals] of ledger.arrivals) {
    const isBatched = destination.startsWith("exportEvents");
    for (const n of new Set(arrivals.map((arrival) => arrival.n))) {
      const seen = arrivals.filter((arrival) => arrival.n === n);
      const copies = excuses.copies(n);
      const faults = isBatched ? excuses.repeatsOfBatches : excuses.repeats(n);
      // A batch that comes again brings all copies that are in it.
      const allowed = copies + faults * (isBatched ? copies : 1);
      const uuids = new Set(seen.map(({ uuid }) => uuid)).size;
      const took = seen.filter((arrival) => arrival.took).length;
      const about = `with ${faults} faults, and ${copies} such events accepted`;
      if (uuids > copies) violations.push(`${n} came to ${destination} as ${uuids} events, ${about}`);
      if (took > allowed) violations.push(`${n} was taken ${took} times by ${destination}, ${about}`);
      const isHook = destination.startsWith("onEvent");
      if (isHook && seen.length > (copies + ledger.replays) * MAX_EXECUTIONS + faults) {
        violations.push(`${n} was executed ${seen.length} times by ${destination}, ${about}`);
      }
    }
  }
  return violations;
}

/** As many events as are counted have really arrived, or are dead: each by its uuid. */
export function checkArrivals(
  { ledger }: History,
  { totals, deadLetters }: Evidence,
  excuses: Excuses,
): string[] {
  const violations: string[] = [];
  const projectOf = (n: string) => ledger.sent.get(sourceOf(n))?.project;
  for (const [project, { destinations }] of totals) {
    const doubt = excuses.doubt(project);
    const mayRepeat = [...ledger.sent.keys()].some((n) => projectOf(n) === project && excuses.copies(n) > 1);
    for (const destination of destinations) {
      const place = nameOf(destination);
      // It tells of nothing but its batches.
      if (place === "onEvent gatherer") continue;
      const taken = (ledger.arrivals.get(place) ?? []).filter(
        ({ n, took }) => took && projectOf(n) === project,
      );
      const dead = deadLetters.filter((letter) => letter.project === project && nameOf(letter) === place);
      const found = new Set([
        ...taken.map(({ n, uuid }) => `${n} ${uuid}`),
        ...dead.flatMap(({ events, names }) =>
          events.length > 0 ? (events as NamedEvent[]).map(identify) : names.map((n) => `${n} ${n}`),
        ),
      ]).size;
      const counted = destination.delivered + destination.dead - (destination.replayed ?? 0);
      const isTakenAway = !excuses.isLasting(place) && excuses.repeatsOfBatches > 0;
      const isExcused = found > counted ? !excuses.isLasting(place) : mayRepeat || isTakenAway;
      if (Math.abs(found - counted) > doubt && !isExcused) {
        violations.push(
          `${project} ${place}: ${counted} events are counted, ${found} have arrived or are dead`,
        );
      }
    }
  }
  return violations;
}

interface NamedEvent {
  uuid: string;
  properties: { n: string };
}

const identify = ({ uuid, properties }: NamedEvent) => `${properties.n} ${uuid}`;
