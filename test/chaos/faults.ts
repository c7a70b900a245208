import type { Fault } from "./faulty-server.ts";

/** What the gateway depends on, and what can break between it and that. */
export const dependencies = ["posthog", "export", "hooks", "redis", "qstash", "delivery"] as const;
export type Dependency = (typeof dependencies)[number];

/** Faults by how often one of them is meant, among the faults of a dependency. */
type Menu = readonly { weight: number; fault: Fault }[];

/** Within the patience of the gateway with Redis and QStash, 2 s. */
const SLOW: Fault = { delayMs: 700 };
const DESTINATION: Menu = [
  { weight: 4, fault: { status: 500 } },
  { weight: 2, fault: { status: 429, headers: { "Retry-After": "1" } } },
  { weight: 2, fault: "reset" },
  { weight: 2, fault: SLOW },
  { weight: 2, fault: "answer lost" },
  // Each holds a place of the queue's for 5 to 20 s.
  { weight: 0.3, fault: "hang" },
];

const menus: Readonly<Record<Dependency, Menu>> = {
  posthog: [...DESTINATION, { weight: 1, fault: { status: 413 } }],
  export: DESTINATION,
  hooks: DESTINATION,
  redis: [
    { weight: 4, fault: { status: 503 } },
    { weight: 3, fault: "reset" },
    { weight: 2, fault: "answer lost" },
    { weight: 1, fault: "answer late" },
    { weight: 1, fault: "hang" },
    { weight: 2, fault: SLOW },
  ],
  qstash: [
    { weight: 4, fault: { status: 503 } },
    { weight: 2, fault: "reset" },
    { weight: 3, fault: "answer lost" },
    { weight: 1, fault: "answer late" },
    { weight: 1, fault: "hang" },
    { weight: 2, fault: SLOW },
  ],
  // By a status, since only with an answer can QStash be told to come back soon.
  delivery: [
    { weight: 3, fault: { status: 503 } },
    { weight: 3, fault: { status: 503, taken: true } },
    { weight: 4, fault: "twice" },
    { weight: 1, fault: SLOW },
  ],
};

/** Which part of each dependency's requests fails, from moment to moment. */
export interface Faults {
  /** Sets the share of requests that fail, 0 to 1, at some dependencies or at all. */
  set(share: number, at?: readonly Dependency[]): void;
  decide(dependency: Dependency): Fault;
  /** Faults decided so far. */
  counts(): Readonly<Record<Dependency, number>>;
}

export function createFaults(random: () => number): Faults {
  const none = { posthog: 0, export: 0, hooks: 0, redis: 0, qstash: 0, delivery: 0 };
  const shares: Record<Dependency, number> = { ...none };
  const counts: Record<Dependency, number> = { ...none };
  return {
    set(share, at = dependencies) {
      for (const dependency of at) shares[dependency] = share;
    },
    decide(dependency) {
      if (random() >= shares[dependency]) return "none";
      counts[dependency] += 1;
      return pick(menus[dependency], random());
    },
    counts: () => ({ ...counts }),
  };
}

function pick(menu: Menu, number: number): Fault {
  let left = number * menu.reduce((sum, { weight }) => sum + weight, 0);
  for (const { weight, fault } of menu) {
    left -= weight;
    if (left < 0) return fault;
  }
  return "none";
}
