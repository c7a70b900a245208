import type { EventPlan } from "./schedule.ts";

/** Something that happened to one event at one destination, seen from there. */
export interface Arrival {
  n: string;
  uuid: string;
  atMs: number;
  /** Whether the destination has it now, as far as it knows. */
  took: boolean;
}

/** What a client knows of an event that it sends. */
export interface SentEvent {
  plan: EventPlan;
  project: string;
  /** Requests with it that left, and those that were answered with success. */
  sent: number;
  acknowledged: number;
}

/** A fault, as it hits the events that are at work. */
export interface Disturbance {
  what: string;
  atMs: number;
}

/** What everyone outside of the gateway has seen. */
export interface Ledger {
  readonly sent: Map<string, SentEvent>;
  /** By destination, as accounts name them: `posthog`, `onEvent flaky`. */
  readonly arrivals: Map<string, Arrival[]>;
  /** By the event of a client that was at work, or that led to what was. */
  readonly disturbances: Map<string, Disturbance[]>;
  /** All of them, those too that hit work which names no events. */
  readonly allDisturbances: Disturbance[];
  /** Pieces of work a call of which to Redis went wrong, by their name in the story. */
  readonly unheard: Set<string>;
  /** When QStash brought messages with an event in them to be delivered, by event. */
  readonly deliveries: Map<string, number[]>;
  /** How often a person had dead letters replayed. */
  replays: number;
  /** What went wrong as it happened, and not only in the end. */
  readonly violations: string[];
  /** Likewise: runs of a task that acted while another had begun. */
  readonly overlaps: string[];
  readonly logs: string[];
  note(destination: string, arrival: Arrival): void;
  /** How often a destination has seen an event. */
  timesSeen(destination: string, n: string): number;
  /** QStash brought a message with these events in it to be delivered. */
  noteDelivery(events: Iterable<string>, atMs: number): void;
  /** A client's request with these events is under way once more. */
  noteSent(events: Iterable<string>): void;
  disturb(events: Iterable<string>, disturbance: Disturbance): void;
}

export function createLedger(): Ledger {
  const arrivals = new Map<string, Arrival[]>();
  const disturbances = new Map<string, Disturbance[]>();
  const deliveries = new Map<string, number[]>();
  const sent = new Map<string, SentEvent>();
  const allDisturbances: Disturbance[] = [];
  return {
    sent,
    arrivals,
    disturbances,
    allDisturbances,
    deliveries,
    unheard: new Set(),
    replays: 0,
    violations: [],
    overlaps: [],
    logs: [],
    note(destination, arrival) {
      const known = arrivals.get(destination);
      if (known) known.push(arrival);
      else arrivals.set(destination, [arrival]);
    },
    timesSeen: (destination, n) =>
      (arrivals.get(destination) ?? []).filter((arrival) => arrival.n === n).length,
    noteDelivery(events, atMs) {
      for (const n of events) deliveries.set(n, [...(deliveries.get(n) ?? []), atMs]);
    },
    noteSent(events) {
      for (const n of events) {
        const known = sent.get(n);
        if (known) known.sent += 1;
      }
    },
    disturb(events, disturbance) {
      allDisturbances.push(disturbance);
      for (const n of new Set([...events].map(sourceOf))) {
        const known = disturbances.get(n);
        if (known) known.push(disturbance);
        else disturbances.set(n, [disturbance]);
      }
    },
  };
}

/** The event of a client that led to an event or job of an app. */
export function sourceOf(n: string): string {
  return n.replace(/\++$/, "");
}
