import { createUuidV7 } from "../../src/capture/uuid.ts";

/** Where events go. */
export const destinations = ["PostHog", "exportEvents", "onEvent", "composeWebhook"] as const;
export type Destination = (typeof destinations)[number];

/** The events of a run by name: how many of all, and which destinations owe an account of them. */
export const kinds = {
  viewed: { share: 0.7, due: ["PostHog", "exportEvents"] },
  ordered: { share: 0.14, due: ["PostHog", "exportEvents", "onEvent"] },
  "signed up": { share: 0.1, due: ["PostHog", "exportEvents", "composeWebhook"] },
  /** Dropped by an app's `processEvent`. */
  noise: { share: 0.05, due: [] },
  /** `onEvent` throws a plain error: a dead letter at once. */
  broken: { share: 0.006, due: ["PostHog", "exportEvents", "onEvent"] },
  /** `onEvent` throws `RetryError` whenever it is called: a dead letter after six executions. */
  hopeless: { share: 0.004, due: ["PostHog", "exportEvents", "onEvent"] },
} as const satisfies Record<string, { share: number; due: readonly Destination[] }>;
export type Kind = keyof typeof kinds;

/** An event as an SDK sends it. */
export interface SentEvent {
  uuid: string;
  event: Kind;
  distinct_id: string;
  timestamp: string;
  properties: Record<string, unknown>;
}

const PEOPLE = 500;

/** Makes events of all kinds, as random numbers fall, each with a uuid of its own. `nowMs` is the client's clock. */
export function createEvents(random: () => number, nowMs: () => number): () => SentEvent {
  const uuidV7 = createUuidV7((count) => Uint8Array.from({ length: count }, () => random() * 256));
  return () => {
    const atMs = nowMs();
    return {
      uuid: uuidV7(atMs),
      event: pickKind(random()),
      distinct_id: `person-${Math.floor(random() * PEOPLE)}`,
      timestamp: new Date(atMs).toISOString(),
      properties: {
        $lib: "chaos",
        $current_url: "https://shop.example.com/",
        price: Math.floor(random() * 100),
      },
    };
  };
}

function pickKind(number: number): Kind {
  let left = number;
  for (const [name, { share }] of Object.entries(kinds)) {
    left -= share;
    if (left < 0) return name as Kind;
  }
  return "viewed";
}
