import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { Recording } from "./recording.ts";

/** One event as its sender meant it, and as PostHog must get it. */
export interface ExpectedEvent {
  event: string;
  distinct_id: string;
  /** When it happened on a clock that is right, ISO; see {@link TIMESTAMP_TOLERANCE_MS}. */
  timestamp: string;
  /** Absent when the sender did not choose it or was not told. */
  uuid?: string;
  /** Some of the properties: those that the sender gave, and what says who sent them. */
  properties: Record<string, unknown>;
  $set?: Record<string, unknown>;
  $set_once?: Record<string, unknown>;
}

/** What a recording must become. It stems from what its SDK was told, never from what a decoder made of its requests. */
export interface Expected {
  token: string;
  /** All of them, in the order of the calls that made them, as far as the SDK keeps it. */
  events: ExpectedEvent[];
}

/** A recording and what must come of it. */
export interface CorpusCase {
  name: string;
  recording: Recording;
  expected: Expected;
}

/**
 * How far an event's time may lie from the call that made it: an SDK reads its clock somewhat later, and a request takes
 * its time to the server, which nobody can tell from the client's delay. Far below the error of an uncorrected clock, and
 * below the time that browsers' events wait in their queue.
 */
export const TIMESTAMP_TOLERANCE_MS = 1_000;

/** Where recordings are kept. */
export const REQUESTS_DIRECTORY = new URL("requests/", import.meta.url);
/** Where their expectations are kept, under the same names. */
export const EXPECTED_DIRECTORY = new URL("expected/", import.meta.url);

/** Everything recorded, by name. A recording without an expectation is a fault of the corpus. */
export function readCorpus(): CorpusCase[] {
  if (!existsSync(REQUESTS_DIRECTORY)) return [];
  return readdirSync(REQUESTS_DIRECTORY)
    .toSorted()
    .map((file) => ({
      name: file.replace(/\.json$/, ""),
      recording: readJson(new URL(file, REQUESTS_DIRECTORY)) as Recording,
      expected: readJson(new URL(file, EXPECTED_DIRECTORY)) as Expected,
    }));
}

function readJson(file: URL): unknown {
  return JSON.parse(readFileSync(file, "utf8"));
}
