import { randomUUID } from "node:crypto";
import { PostHog } from "posthog-node";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { startTestGateway, type TestGateway } from "../gateway.ts";
import type { Fault } from "../chaos/faulty-server.ts";
import { type FaultyProxy, startFaultyProxy } from "./faulty-proxy.ts";

/** How long the SDK waits for an answer, by default and where the gateway is slow. */
const PATIENT_MS = 10_000;
const IMPATIENT_MS = 700;
/** Above what the gateway takes as one event. */
const TOO_LARGE_CHARACTERS = 1_100_000;

let gateway: TestGateway;
let proxy: FaultyProxy;

beforeEach(async () => {
  gateway = await startTestGateway({ apps: [] });
});
afterEach(async () => {
  await proxy.stop();
  await gateway.stop();
});

/**
 * Has the SDK send eight events through `decide`.
 * @returns their uuids, and the errors that the SDK reported
 */
async function send(
  decide: (events: number, earlier: number) => Fault,
  options: { requestTimeout?: number; propertiesOf?: (index: number) => Record<string, unknown> } = {},
) {
  proxy = await startFaultyProxy(gateway.url, decide);
  const errors: unknown[] = [];
  const { requestTimeout = PATIENT_MS, propertiesOf = () => ({}) } = options;
  const client = new PostHog(gateway.token, {
    host: proxy.url,
    flushAt: 100,
    flushInterval: 60_000,
    fetchRetryCount: 3,
    fetchRetryDelay: 1,
    requestTimeout,
  });
  client.on("error", (error) => errors.push(error));
  const uuids = Array.from({ length: 8 }, () => randomUUID());
  for (const [index, uuid] of uuids.entries()) {
    client.capture({ distinctId: "gina", event: `e${index}`, uuid, properties: propertiesOf(index) });
  }
  // An error ends a flush; what is left in the queue is for the next one, and shutting down does not wait for that.
  await client.flush().catch(() => {});
  await client.shutdown();
  await gateway.settle();
  return { uuids, errors };
}

const arrived = () => gateway.delivered().map(({ uuid }) => uuid);

describe.each([
  ["v0", "/batch/"],
  ["v1", "/i/v1/analytics/events"],
])("posthog-node over %s", (mode, path) => {
  beforeEach(() => void vi.stubEnv("POSTHOG_CAPTURE_MODE", mode));
  afterEach(() => void vi.unstubAllEnvs());

  test("has its events reach PostHog once, in order", async () => {
    const { uuids, errors } = await send(() => "none");
    expect(errors).toEqual([]);
    expect(proxy.seen.map((request) => request.path)).toEqual([path]);
    expect(arrived()).toEqual(uuids);
  });

  test.each<[name: string, fault: Fault]>([
    ["refused with 503", { status: 503 }],
    ["refused with 429", { status: 429 }],
    ["cut off by the network", "reset"],
  ])("loses and doubles nothing when %s three times", async (_name, fault) => {
    const { uuids, errors } = await send((_events, earlier) => (earlier < 3 ? fault : "none"));
    expect(errors).toEqual([]);
    expect(proxy.seen).toHaveLength(4);
    expect(arrived()).toEqual(uuids);
  });

  test.each<[name: string, fault: Fault, requestTimeout: number]>([
    ["breaks off before its answer", "answer lost", PATIENT_MS],
    ["answers too late", "answer late", IMPATIENT_MS],
  ])(
    "sends the same batch again when the gateway %s: nothing is lost, and nothing doubled",
    async (_name, fault, patience) => {
      const { uuids, errors } = await send((_events, earlier) => (earlier < 2 ? fault : "none"), {
        requestTimeout: patience,
      });
      expect(errors).toEqual([]);
      expect(proxy.seen.length).toBeGreaterThanOrEqual(3);
      for (const request of proxy.seen) expect(request.uuids).toEqual(uuids);
      expect(arrived()).toEqual(uuids);
    },
  );
});

test("a 413 makes posthog-node halve the batch until all of it has arrived, once and in order", async () => {
  const { uuids } = await send((events) => (events > 2 ? { status: 413 } : "none"));
  expect(proxy.seen.map((request) => request.uuids.length)).toEqual([8, 4, 2, 2, 2, 2]);
  expect(arrived()).toEqual(uuids);
});

test("an event that is too large costs no other", async () => {
  const complaint = vi.spyOn(console, "error").mockImplementation(() => {});
  const text = "x".repeat(TOO_LARGE_CHARACTERS);
  const { uuids, errors } = await send(() => "none", {
    propertiesOf: (index) => (index === 5 ? { text } : {}),
  });
  complaint.mockRestore();
  expect(errors).toHaveLength(1);
  expect(arrived()).toEqual(uuids.filter((_, index) => index !== 5));
});
