import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Unavailable } from "../capture/errors.ts";
import { type ReplayFixture, SNAPSHOT, startReplay, TOKEN, withProperties } from "./replay.fixture.ts";

const ORIGIN = "https://shop.example";
let replay: ReplayFixture;
afterEach(() => replay.stop());

describe("a recording", () => {
  beforeEach(async () => {
    replay = await startReplay();
  });

  const json = JSON.stringify([SNAPSHOT]);
  const base64 = Buffer.from(json).toString("base64");

  test.each<[string, string | Uint8Array, Record<string, string>]>([
    ["a list", json, {}],
    ["one object", JSON.stringify(SNAPSHOT), {}],
    ["gzip without a word", gzipSync(json), { "content-type": "text/plain" }],
    ["gzip by its header", gzipSync(json), { "content-encoding": "gzip" }],
    ["zstd", zstdCompressSync(json), { "content-encoding": "zstd" }],
    ["base64", base64, { "content-type": "text/plain" }],
    ["a form", `data=${encodeURIComponent(base64)}`, { "content-type": "application/x-www-form-urlencoded" }],
    ["spread over lines", JSON.stringify([SNAPSHOT], null, 2), {}],
    ["without a window", JSON.stringify([withProperties({ $window_id: undefined })]), {}],
    ["dated per snapshot", JSON.stringify([{ ...SNAPSHOT, sent_at: "2026-03-01T10:00:00Z", offset: 1 }]), {}],
    [
      "escaped",
      JSON.stringify([withProperties({ x: 'a " \\ } ]' })]).replace('"$session_id"', '"\\u0024session_id"'),
      {},
    ],
    [
      "with its token at the root",
      JSON.stringify([{ ...withProperties({ token: undefined }), api_key: TOKEN }]),
      {},
    ],
  ])("as %s goes to PostHog byte for byte", async (_case, body, headers) => {
    const sent: Uint8Array[] = [];
    const forwarding = await startReplay({
      fetch: async (_url, init) => {
        sent.push((init as { body: Uint8Array }).body);
        return Response.json({ status: "Ok" });
      },
    });
    const answer = await forwarding.post(body, headers);
    await forwarding.stop();
    expect([answer.status, await answer.json()]).toEqual([200, { status: "Ok" }]);
    expect(Buffer.compare(sent[0] ?? new Uint8Array(), Buffer.from(body))).toBe(0);
  });

  test("reaches PostHog with query, address and SDK headers, and without cookies", async () => {
    const headers = { "user-agent": "posthog-js", cookie: "a=1", "x-forwarded-for": "198.51.100.1" };
    await replay.post([SNAPSHOT], headers, "/s?compression=&ip=1&_=1700000000000&ver=1.430.0");
    const [request] = replay.posthog.requests;
    expect(request).toMatchObject({
      method: "POST",
      path: "/s/?compression=&ip=1&_=1700000000000&ver=1.430.0",
      headers: { "user-agent": "posthog-js", "x-forwarded-for": "203.0.113.7" },
      json: [SNAPSHOT],
    });
    expect(request?.headers).not.toHaveProperty("cookie");
  });

  test.each([
    [200, { status: "Ok", quota_limited: ["recordings"] }],
    [400, { detail: "no" }],
    [429, { detail: "slow down" }],
    [503, { detail: "later" }],
  ])("gets PostHog's own answer: %i %j", async (status, body) => {
    replay.posthog.answerWith(() =>
      Response.json(body, { status, headers: { "Retry-After": "3", "Access-Control-Allow-Origin": "*" } }),
    );
    const answer = await replay.post([SNAPSHOT], { origin: ORIGIN });
    expect([answer.status, await answer.json()]).toEqual([status, body]);
    expect(answer.headers.get("retry-after")).toBe("3");
    expect(answer.headers.get("access-control-allow-origin")).toBe(ORIGIN);
  });

  test.each<[string, unknown, number, string]>([
    ["no $session_id", [withProperties({ $session_id: undefined })], 400, "missing_session_id"],
    [
      "a $session_id of 71 characters",
      [withProperties({ $session_id: "a".repeat(71) })],
      400,
      "invalid_session_id",
    ],
    ["a $session_id with a slash", [withProperties({ $session_id: "a/b" })], 400, "invalid_session_id"],
    ["a $session_id that is a number", [withProperties({ $session_id: 5 })], 400, "invalid_session_id"],
    ["no $snapshot_data", [withProperties({ $snapshot_data: undefined })], 400, "missing_snapshot_data"],
    ["$snapshot_data null", [withProperties({ $snapshot_data: null })], 400, "missing_snapshot_data"],
    [
      "one of two without data",
      [SNAPSHOT, withProperties({ $snapshot_data: undefined })],
      400,
      "missing_snapshot_data",
    ],
    ["an envelope", { api_key: TOKEN, batch: [SNAPSHOT] }, 400, "missing_session_id"],
    ["an empty list", [], 400, "empty_batch"],
    ["a number in the list", [5], 400, "malformed"],
    ["text", '"x"', 400, "malformed"],
    ["no JSON at all", "{", 400, "request_parsing_error"],
    ["a string that does not end", '[{"event":"', 400, "request_parsing_error"],
    ["two values", `${JSON.stringify([SNAPSHOT])}[]`, 400, "request_parsing_error"],
    ["nothing", "", 400, "missing_payload"],
    ["broken gzip", gzipSync("x".repeat(100)).subarray(0, 20), 400, "request_decoding_error"],
    ["no token", [withProperties({ token: undefined })], 401, "missing_api_key"],
    ["two tokens", [SNAPSHOT, withProperties({ token: "phc_2" })], 401, "inconsistent_api_keys"],
    ["a personal key", [withProperties({ token: "phx_1" })], 401, "invalid_api_key"],
    ["a project of others", [withProperties({ token: "phc_2" })], 401, "unknown_api_key"],
  ])("with %s is refused, and PostHog not asked", async (_case, body, status, code) => {
    const answer = await replay.post(body, { origin: ORIGIN });
    expect([answer.status, await answer.json()]).toEqual([
      status,
      expect.objectContaining({ code, detail: expect.any(String) }),
    ]);
    expect(answer.headers.get("access-control-allow-origin")).toBe(ORIGIN);
    expect(replay.posthog.requests).toEqual([]);
  });

  test("of 24 MB is taken, one of 26 MB is not", async () => {
    const megabytes = (count: number) => [
      withProperties({ $snapshot_data: "x".repeat(count * 1024 * 1024) }),
    ];
    expect((await replay.post(megabytes(24))).status).toBe(200);
    expect((await replay.post(megabytes(26))).status).toBe(413);
  });

  test("that inflates beyond 32 MB is refused before it fills the memory", async () => {
    const bomb = gzipSync(JSON.stringify([withProperties({ $snapshot_data: "x".repeat(33 * 1024 * 1024) })]));
    expect((await replay.post(bomb)).status).toBe(413);
  });

  test("of more snapshots than anybody sends is refused", async () => {
    expect((await replay.post(Array.from({ length: 10_001 }, () => SNAPSHOT))).status).toBe(413);
  });

  test("nested deeper than a stack is no harm", async () => {
    const deep = `${"[".repeat(500_000)}${"]".repeat(500_000)}`;
    const body = JSON.stringify([SNAPSHOT]).replace('"w1"', deep);
    expect((await replay.post(body)).status).toBe(200);
  });

  test("comes by POST: a preflight is answered, GET and PUT are told", async () => {
    const preflight = await replay.request("/s/", { method: "OPTIONS", headers: { origin: ORIGIN } });
    expect([preflight.status, preflight.headers.get("access-control-allow-origin")]).toEqual([200, ORIGIN]);
    expect((await replay.request("/s/")).status).toBe(400);
    expect((await replay.request("/s/", { method: "PUT", body: "x" })).status).toBe(405);
  });

  test("gets 502 when PostHog cannot be reached, so that the SDK sends it again", async () => {
    await replay.posthog.stop();
    const answer = await replay.post([SNAPSHOT], { origin: ORIGIN });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([502, ORIGIN]);
    expect(replay.faults).toHaveLength(1);
  });
});

test("a recording from a page of another origin than allowed is refused, legibly", async () => {
  replay = await startReplay({ allowedOrigins: ["https://other.example"] });
  const answer = await replay.post([SNAPSHOT], { origin: ORIGIN });
  expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([403, ORIGIN]);
  expect((await replay.post([SNAPSHOT], { origin: "https://other.example" })).status).toBe(200);
});

describe("without a PostHog", () => {
  test("a recording is acknowledged and goes nowhere", async () => {
    replay = await startReplay({ posthogHost: null });
    const answer = await replay.post([SNAPSHOT]);
    expect([answer.status, await answer.json()]).toEqual([200, { status: "Ok" }]);
    expect((await replay.post([SNAPSHOT], {}, "/s/?beacon=1")).status).toBe(204);
    expect((await replay.post([withProperties({ $session_id: undefined })])).status).toBe(400);
  });
});

describe("onSnapshot", () => {
  const wantsSnapshots = (project: string) => project === TOKEN;

  test("gets every snapshot, with its window, after PostHog has the recording", async () => {
    replay = await startReplay({ wantsSnapshots });
    await replay.post(gzipSync(JSON.stringify([SNAPSHOT, withProperties({ $window_id: undefined })])));
    expect(replay.batches).toMatchObject([
      {
        project: TOKEN,
        events: [
          { event: "$snapshot", distinct_id: "u1", ip: "203.0.113.7", properties: SNAPSHOT.properties },
          { properties: { $window_id: SNAPSHOT.properties.$session_id } },
        ],
      },
    ]);
  });

  test("gets them without a PostHog too", async () => {
    replay = await startReplay({ posthogHost: null, wantsSnapshots });
    await replay.post([SNAPSHOT]);
    expect(replay.batches).toHaveLength(1);
  });

  test("gets nothing that PostHog refused, nor what it does not ask for", async () => {
    replay = await startReplay({ wantsSnapshots });
    replay.posthog.answerWith(() => Response.json({}, { status: 503 }));
    await replay.post([SNAPSHOT]);
    const unwanted = await startReplay();
    await unwanted.post([SNAPSHOT]);
    await unwanted.stop();
    expect([replay.batches, unwanted.batches]).toEqual([[], []]);
  });

  test("makes the client send again when its snapshots cannot be made durable", async () => {
    replay = await startReplay({
      wantsSnapshots,
      ingestSnapshots: () => Promise.reject(new Unavailable("QStash is down", 5)),
    });
    const answer = await replay.post([SNAPSHOT]);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
  });
});
