import { createCapture } from "../../src/capture/capture.ts";
import { normaliseTimestamp } from "../../src/capture/time.ts";
import type { CapturedBatch, PluginEvent } from "../../src/event.ts";
import type { ArrivedEvent } from "./arrived.ts";
import { asRequest, type RecordedRequest } from "./recording.ts";

/** What became of a recording that was sent to the capture app. */
export interface Replayed {
  statuses: number[];
  /** Projects of the batches, one for each request that held events. */
  projects: string[];
  events: ArrivedEvent[];
  rejected: string[];
}

/**
 * Sends a recording to the capture app, each request at the time at which it once was received.
 * @param token the only project that is served
 */
export async function replay(requests: readonly RecordedRequest[], token: string): Promise<Replayed> {
  const batches: CapturedBatch[] = [];
  const rejected: string[] = [];
  let nowMs = 0;
  const app = createCapture({
    authorise: (project) => project === token,
    ingest: async (batch) => {
      batches.push(batch);
    },
    onRejected: (_project, reason, count) => rejected.push(`${reason} × ${count}`),
    clientOf: () => ({ ip: "203.0.113.7" }),
    siteUrl: (request) => new URL(request.url).origin,
    teamIdOf: () => 2,
    now: () => nowMs,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  });
  const statuses: number[] = [];
  for (const recorded of requests) {
    nowMs = Date.parse(recorded.receivedAt);
    statuses.push((await app.request(asRequest(recorded, "http://edge.example"))).status);
  }
  return {
    statuses,
    projects: batches.map(({ project }) => project),
    events: batches.flatMap(({ events }) => events.map(asArrived)),
    rejected,
  };
}

function asArrived(event: PluginEvent): ArrivedEvent {
  const ignoreSentAt = event.properties?.["$ignore_sent_at"] === true;
  return {
    ...event,
    timestamp: normaliseTimestamp({ ...event, now: Date.parse(event.now), ignoreSentAt }),
  };
}
