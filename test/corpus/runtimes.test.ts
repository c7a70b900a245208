import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Edge, startEdge } from "../runtimes/edge.ts";
import { type ArrivedEvent, expectArrived } from "./arrived.ts";
import { type Expected, readCorpus } from "./expected.ts";
import { imitations } from "./imitated.ts";
import { asRequest, type RecordedRequest } from "./recording.ts";
import { TOKEN } from "./told.ts";

interface Sent {
  name: string;
  requests: RecordedRequest[];
  expected: Expected;
  /** Whether the events' times move with the time at which the requests are received. */
  saysWhen: boolean;
}

const corpus = readCorpus();
const SENT: Sent[] = [
  ...corpus.map(({ name, recording, expected }) => ({
    name,
    requests: recording.requests,
    expected,
    saysWhen: true,
  })),
  ...imitations().map(({ name, request, expected, saysWhen }) => ({
    name,
    requests: [request],
    expected,
    saysWhen,
  })),
];

describe.each(["workerd", "node", "deno"] as const)("on %s, PostHog gets what SDKs were told", (runtime) => {
  let edge: Edge;

  beforeAll(async () => {
    const noApps = await mkdtemp(join(tmpdir(), "edgehog-no-apps-"));
    edge = await startEdge(runtime, noApps, { PROJECT_TOKENS: TOKEN });
    await rm(noApps, { recursive: true });
  });
  afterAll(() => edge?.stop());

  /** Sends one request, and waits for its events to reach PostHog, so that those of the next come after them. */
  async function send(recorded: RecordedRequest): Promise<void> {
    const earlier = edge.posthog.requests.length;
    const answer = await fetch(asRequest(recorded, edge.url));
    expect([200, 204]).toContain(answer.status);
    await answer.arrayBuffer();
    await expect.poll(() => edge.posthog.requests.length, { interval: 10 }).toBe(earlier + 1);
  }

  test.each(SENT)("by $name", async ({ requests, expected, saysWhen }) => {
    const earlier = edge.posthog.requests.length;
    const lateMs: number[] = [];
    let slackMs = 0;
    for (const recorded of requests) {
      const sentMs = Date.now();
      lateMs.push(saysWhen ? sentMs - Date.parse(recorded.receivedAt) : 0);
      await send(recorded);
      slackMs = Math.max(slackMs, Date.now() - sentMs);
    }
    const batches = edge.posthog.requests
      .slice(earlier)
      .map(({ json }) => json as { api_key: string; batch: ArrivedEvent[] });
    expect(new Set(batches.map(({ api_key: token }) => token))).toEqual(new Set([expected.token]));
    // Each request was received late by its own delay.
    const arrived = batches.flatMap(({ batch }, index) =>
      batch.map((event) =>
        Object.assign(event, { timestamp: earlierBy(lateMs[index] ?? 0, event.timestamp) }),
      ),
    );
    expectArrived(arrived, expected.events, slackMs);
  });
});

function earlierBy(milliseconds: number, timestamp: string): string {
  return new Date(Date.parse(timestamp) - milliseconds).toISOString();
}
