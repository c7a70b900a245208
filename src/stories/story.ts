/** What became of a sampled event, from its arrival to its last delivery, for people to look at. */
export interface Story {
  /** The event's uuid as it left the chain, or as it came where it did not leave. */
  id: string;
  project: string;
  /** ISO time of arrival. */
  at: string;
  event: string;
  distinct_id: string;
  /** As the client sent it, or an app captured it. Absent where `cut`. */
  received?: unknown;
  /** What each app did, in chain order; those that were not set up are not among them. */
  steps: StoryStep[];
  /** As it left the chain, null where `cut`; absent when an app dropped it. */
  sent?: unknown;
  /** The event is too large for its content to be kept. */
  cut?: true;
}

export interface StoryStep {
  plugin: string;
  /** `NAME (id)`. */
  app: string;
  outcome: "unchanged" | "changed" | "dropped" | "failed";
  /** What the app failed with. */
  error?: string;
  /** The event after this app, where it is another than before. */
  after?: unknown;
}

/** What became of an event at one destination in one attempt. */
export interface Fate {
  outcome: "delivered" | "buffered" | "ignored" | "duplicate" | "put off" | "retried" | "dead";
  error?: string;
}

/** One attempt to deliver an event. */
export interface Attempt extends Fate {
  /** ISO time. */
  at: string;
  /** The app's folder; absent for PostHog. */
  plugin?: string;
  hook: string;
  /** Counted from 1, and from 1 again in each replay. */
  attempt: number;
  /** Which replay of a dead letter this belongs to, from 1; absent before the first. */
  replays?: number;
}

/** What a message says of the sampled events among its own. */
export interface Sampled {
  /** When they arrived, in ms. */
  atMs: number;
  /** Their uuids. */
  ids: readonly string[];
}
