import type { Call, Fate } from "./network.ts";
import { createRandom } from "./random.ts";
import type { Item } from "./schedule.ts";

/** Decides the fates of calls. */
export interface Faults {
  fateOf(call: Call): Fate;
  /** Begins one fault, or a time of them. Returns how to end it. */
  begin(item: Extract<Item, { do: "fault" | "trouble" }>): () => void;
  /** From now on all calls pass. */
  heal(): void;
}

const onlyFromIsolates = new Set<Fate>(["crash before", "crash after"]);

export function createFaults(): Faults {
  const active = new Set<(call: Call) => Fate>();
  return {
    fateOf(call) {
      for (const decide of active) {
        const fate = decide(call);
        if (fate !== "pass") return fate;
      }
      return "pass";
    },
    begin(item) {
      // Chance of its own for each, so that to leave one out changes no other.
      const random = createRandom(item.at * 31 + item.to.length);
      let skip = item.do === "fault" ? item.skip : 0;
      const decide = (call: Call): Fate => {
        if (call.to !== item.to) return "pass";
        if (item.do === "trouble") return random.chance(item.share) ? random.pick(item.fates) : "pass";
        if (onlyFromIsolates.has(item.fate) && !call.work) return "pass";
        if (skip-- > 0) return "pass";
        active.delete(decide);
        return item.fate;
      };
      active.add(decide);
      return () => void active.delete(decide);
    },
    heal: () => active.clear(),
  };
}
