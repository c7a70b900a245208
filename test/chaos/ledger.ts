import { type Destination, destinations, type Kind, kinds, type SentEvent } from "./events.ts";

/** Why an event may arrive twice, though nobody did wrong. An event with several counts under the first of this list. */
export const causes = [
  "the destination's answer was lost",
  "the batch was exported again",
  "the SDK sent it again",
  "QStash delivered it again",
  "QStash's answer was lost",
  "Redis's answer was lost",
] as const;
export type Cause = (typeof causes)[number];

/** What one destination owes and has of the events that were acknowledged. */
export interface Balance {
  destination: Destination;
  due: number;
  arrived: number;
  deadLetters: number;
  /** Neither there nor a dead letter. */
  lost: string[];
  /** Arrivals beyond the first of an event, by their cause; null is none that is known. */
  repeats: Map<Cause | null, number>;
}

/** Remembers of each event what the client, the destinations and the dead letters say. */
export interface Ledger {
  /** An SDK sends these, perhaps again. */
  sent(events: readonly SentEvent[]): void;
  acknowledged(events: readonly SentEvent[]): void;
  arrived(destination: Destination, uuids: readonly string[]): void;
  buried(destination: Destination, uuids: readonly string[]): void;
  /** All events named in a text may arrive again for this cause, at one destination or at all. Unknown ones do not count. */
  suspect(text: string, cause: Cause, destination?: Destination): void;
  balance(): Balance[];
  /** Events sent, acknowledged, and those of them that an app drops. */
  totals(): { sent: number; acknowledged: number; dropped: number };
  /** Events that an app had dropped and that arrived all the same. */
  leaked(): string[];
}

interface Entry {
  kind: Kind;
  acknowledged: boolean;
  arrivals: Map<Destination, number>;
  buried: Set<Destination>;
  /** Causes that hold at a destination, or everywhere. */
  suspicions: { [Place in Destination | "everywhere"]?: Set<Cause> };
}

const UUID = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g;

export function createLedger(): Ledger {
  const entries = new Map<string, Entry>();
  const known = (uuids: readonly string[]) =>
    uuids.map((uuid) => entries.get(uuid)).filter((entry) => entry !== undefined);

  function balanceOf(destination: Destination): Balance {
    const balance: Balance = {
      destination,
      due: 0,
      arrived: 0,
      deadLetters: 0,
      lost: [],
      repeats: new Map(),
    };
    for (const [uuid, entry] of entries) {
      const arrivals = entry.arrivals.get(destination) ?? 0;
      if (arrivals > 1) {
        const { [destination]: here, everywhere } = entry.suspicions;
        const cause = causes.find((each) => here?.has(each) || everywhere?.has(each)) ?? null;
        balance.repeats.set(cause, (balance.repeats.get(cause) ?? 0) + arrivals - 1);
      }
      const due: readonly Destination[] = kinds[entry.kind].due;
      if (!entry.acknowledged || !due.includes(destination)) continue;
      balance.due += 1;
      if (arrivals > 0) balance.arrived += 1;
      else if (entry.buried.has(destination)) balance.deadLetters += 1;
      else balance.lost.push(uuid);
    }
    return balance;
  }

  return {
    sent(events) {
      for (const { uuid, event: kind } of events) {
        const earlier = entries.get(uuid);
        if (earlier) add(earlier, "the SDK sent it again");
        else {
          const nothing = { acknowledged: false, arrivals: new Map(), buried: new Set<Destination>() };
          entries.set(uuid, { kind, ...nothing, suspicions: {} });
        }
      }
    },
    acknowledged(events) {
      for (const entry of known(events.map(({ uuid }) => uuid))) entry.acknowledged = true;
    },
    arrived(destination, uuids) {
      for (const { arrivals } of known(uuids))
        arrivals.set(destination, (arrivals.get(destination) ?? 0) + 1);
    },
    buried(destination, uuids) {
      for (const { buried } of known(uuids)) buried.add(destination);
    },
    suspect(text, cause, destination) {
      for (const entry of known(text.match(UUID) ?? [])) add(entry, cause, destination);
    },
    balance: () => destinations.map(balanceOf),
    totals() {
      const all = [...entries.values()];
      const acknowledged = all.filter((entry) => entry.acknowledged);
      const dropped = acknowledged.filter(({ kind }) => kinds[kind].due.length === 0);
      return { sent: all.length, acknowledged: acknowledged.length, dropped: dropped.length };
    },
    leaked: () =>
      [...entries]
        .filter(([, { kind, arrivals }]) => kinds[kind].due.length === 0 && arrivals.size > 0)
        .map(([uuid]) => uuid),
  };
}

function add({ suspicions }: Entry, cause: Cause, place: Destination | "everywhere" = "everywhere"): void {
  suspicions[place] ??= new Set();
  suspicions[place].add(cause);
}
