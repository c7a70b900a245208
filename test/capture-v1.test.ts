import { randomUUID } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import { startRecorder } from "./recorder.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

let edge: TestGateway;
afterEach(() => edge.stop());

const at = "2036-03-01T10:00:30.000Z";

function send(events: Record<string, unknown>[]): Promise<Response> {
  return fetch(`${edge.url}/i/v1/analytics/events`, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${edge.token}`,
      "Content-Type": "application/json",
      "PostHog-Sdk-Info": "posthog-node/5.0.0",
      "PostHog-Attempt": "1",
      "PostHog-Request-Id": randomUUID(),
      "PostHog-Request-Timestamp": at,
      "User-Agent": "posthog-node/5.0.0",
    },
    body: JSON.stringify({ created_at: at, batch: events }),
  });
}

const event = (more: Record<string, unknown> = {}) => ({
  event: "e",
  uuid: randomUUID(),
  distinct_id: "u1",
  timestamp: at,
  ...more,
});

test("protocol v1 answers for every event, and its events go the whole way", async () => {
  edge = await startTestGateway({ apps: [] });
  const [good, future, bad] = [
    event({ properties: { a: 1 } }),
    event({ timestamp: "2036-03-03T10:00:30Z", options: { disable_skew_correction: true } }),
    event({ event: "" }),
  ];
  const answer = await send([good, future, bad]);
  expect(await answer.json()).toEqual({
    results: {
      [good.uuid]: { result: "ok" },
      [future.uuid]: { result: "ok" },
      [bad.uuid]: { result: "drop", details: "missing_event_name" },
    },
  });
  await edge.settle();
  expect(edge.delivered()).toMatchObject([
    { uuid: good.uuid, properties: { a: 1, $lib: "posthog-node", $lib_version: "5.0.0" }, timestamp: at },
    { uuid: future.uuid, timestamp: "2036-03-03T10:00:30.000Z" },
  ]);
});

test("protocol v1 asks again for exactly the events that neither QStash nor the spool took", async () => {
  const qstash = await startRecorder();
  qstash.answerWith(() =>
    Response.json([{ messageId: "msg_1" }, { error: "maximum message size exceeded" }]),
  );
  edge = await startTestGateway({
    apps: [],
    settings: { QSTASH_URL: qstash.url, QSTASH_MAX_MESSAGE_BYTES: "10000" },
  });
  const large = () => event({ properties: { text: "x".repeat(6000) } });
  const [first, second] = [large(), large()];
  edge.setRedisAway(true);
  const answer = await send([first, second]);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("Retry-After")).toBe("1");
  expect(await answer.json()).toEqual({
    results: {
      [first.uuid]: { result: "ok" },
      [second.uuid]: { result: "retry", details: "not_persisted" },
    },
  });
  await qstash.stop();
});
