import { describe, expect, test } from "vitest";
import { createRecorder, TOKEN } from "../capture.fixture.ts";
import { Unavailable } from "../errors.ts";
import { postV1, resultsOf, UUIDS, V1_EVENT, v1Body } from "./v1.fixture.ts";

const [FIRST, SECOND, THIRD] = UUIDS;
const GOOD = { ...V1_EVENT, uuid: SECOND };
const large = "x".repeat(1024 * 1024);
const deep = JSON.parse("[".repeat(200) + "]".repeat(200)) as unknown;

const DROPPED: [details: string, fields: Record<string, unknown>][] = [
  ["missing_event_name", { event: "" }],
  ["missing_event_name", { event: undefined }],
  ["event_name_too_long", { event: "e".repeat(201) }],
  ["event_name_too_long", { event: "é".repeat(101) }],
  ["missing_distinct_id", { distinct_id: "" }],
  ["missing_distinct_id", { distinct_id: 7 }],
  ["distinct_id_too_large", { distinct_id: "ü".repeat(101) }],
  ["invalid_event_timestamp", { timestamp: "2023-01-01T11:59:55" }],
  ["invalid_event_timestamp", { timestamp: "2023-01-01" }],
  ["invalid_event_timestamp", { timestamp: "2023-02-30T00:00:00Z" }],
  ["invalid_event_timestamp", { timestamp: 1_672_574_400 }],
  ["malformed_event_properties", { properties: "x" }],
  ["malformed_event_properties", { properties: [] }],
  ["malformed_event_properties", { properties: { deep } }],
  ["malformed_event", { session_id: 5 }],
  ["malformed_event", { window_id: {} }],
  ["invalid_options", { options: "x" }],
  ["invalid_options", { options: { cookieless_mode: {} } }],
  ["invalid_options", { options: { disable_skew_correction: "yes" } }],
  ["invalid_options", { options: { process_person_profile: [] } }],
  ["invalid_options", { options: { product_tour_id: { id: 7 } } }],
  ["invalid_options", { options: { product_tour_id: 7.5 } }],
  ["invalid_options", { properties: { $cookieless_mode: "yes" } }],
  ["dropped_performance_event", { event: "$performance_event" }],
  ["misrouted_event", { event: "$ai_generation" }],
  ["event_too_big", { properties: { large } }],
];

describe("the results of a v1 request", () => {
  test("are ok for every event that is taken, and nothing is to be sent again", async () => {
    const recorder = createRecorder();
    const response = await postV1(recorder, v1Body(V1_EVENT, GOOD));
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.has("retry-after")).toBe(false);
    expect(await response.json()).toEqual({
      results: { [FIRST]: { result: "ok" }, [SECOND]: { result: "ok" } },
    });
    expect(recorder.batches.map(({ events }) => events.map(({ uuid }) => uuid))).toEqual([[FIRST, SECOND]]);
  });

  test.each(DROPPED)("are drop with %s for %o, and its siblings are taken", async (details, fields) => {
    const recorder = createRecorder();
    const response = await postV1(recorder, v1Body({ ...V1_EVENT, ...fields }, GOOD));
    expect(response.headers.has("retry-after")).toBe(false);
    expect(await resultsOf(response)).toEqual({
      [FIRST]: { result: "drop", details },
      [SECOND]: { result: "ok" },
    });
    expect(recorder.batches.map(({ events }) => events.map(({ uuid }) => uuid))).toEqual([[SECOND]]);
    expect(recorder.rejected).toEqual([`${TOKEN} ${details} 1`]);
  });

  test("are 200 also when every event is dropped, and nothing is ingested", async () => {
    const recorder = createRecorder();
    const response = await postV1(recorder, v1Body({ ...V1_EVENT, event: "" }));
    expect([response.status, await resultsOf(response)]).toEqual([
      200,
      { [FIRST]: { result: "drop", details: "missing_event_name" } },
    ]);
    expect(recorder.batches).toEqual([]);
  });

  test("allow 200 bytes of name and distinct_id", async () => {
    const fields = { event: "é".repeat(100), distinct_id: "u".repeat(200) };
    const response = await postV1(createRecorder(), v1Body({ ...V1_EVENT, ...fields }));
    expect(await resultsOf(response)).toEqual({ [FIRST]: { result: "ok" } });
  });

  test.each(["anonymous", "NULL", "distinctId", "[object Object]", "00000000-0000-0000-0000-000000000000"])(
    "say that the id %s makes no person, and none is made",
    async (distinct_id) => {
      const recorder = createRecorder();
      const response = await postV1(recorder, v1Body({ ...V1_EVENT, distinct_id }));
      expect(await resultsOf(response)).toEqual({
        [FIRST]: { result: "ok", details: "person_processing_disabled" },
      });
      expect(recorder.batches[0]?.events[0]?.properties?.["$process_person_profile"]).toBe(false);
    },
  );

  test("name events as the client wrote their uuids", async () => {
    const sent = FIRST.toUpperCase();
    const response = await postV1(createRecorder(), v1Body({ ...V1_EVENT, uuid: sent }));
    expect(await resultsOf(response)).toEqual({ [sent]: { result: "ok" } });
  });

  test("on the AI path are ok for AI events only", async () => {
    const ai = { ...V1_EVENT, event: "$ai_generation" };
    const response = await postV1(createRecorder(), v1Body(ai, GOOD), { path: "/i/v1/ai/events" });
    expect(await resultsOf(response)).toEqual({
      [FIRST]: { result: "ok" },
      [SECOND]: { result: "drop", details: "non_ai_event" },
    });
  });
});

describe("when the sink fails", () => {
  test("for one event, it alone is to be sent again, after a second, and then is taken once", async () => {
    const stored: string[] = [];
    let failing = true;
    const recorder = createRecorder({
      ingest: async ({ events }) => {
        const kept = events.filter(({ uuid }) => !failing || uuid !== THIRD);
        stored.push(...kept.map(({ uuid }) => uuid));
        if (failing) throw new Unavailable("a part was refused", 5, { notPersisted: new Set([THIRD]) });
      },
    });
    const failed = { ...V1_EVENT, uuid: THIRD };
    const first = await postV1(recorder, v1Body(V1_EVENT, { ...GOOD, event: "" }, failed));
    expect([first.status, first.headers.get("retry-after")]).toEqual([200, "1"]);
    expect(await resultsOf(first)).toEqual({
      [FIRST]: { result: "ok" },
      [SECOND]: { result: "drop", details: "missing_event_name" },
      [THIRD]: { result: "retry", details: "not_persisted" },
    });

    failing = false;
    const second = await postV1(recorder, v1Body(failed), { "posthog-attempt": "2" });
    expect(second.headers.has("retry-after")).toBe(false);
    expect(await resultsOf(second)).toEqual({ [THIRD]: { result: "ok" } });
    expect(stored).toEqual([FIRST, THIRD]);
  });

  test("for all of them, the answer is 503 with a time to wait, so that no client takes it for a success", async () => {
    const ingest = async () => {
      throw new Unavailable("queue and store refused", 5);
    };
    const response = await postV1(createRecorder({ ingest }), v1Body(V1_EVENT));
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await response.json()).toMatchObject({
      error: "unavailable",
      error_description: "transient error, please retry",
    });
  });

  test("by a fault of the gateway, that is left to the gateway", async () => {
    const recorder = createRecorder({
      ingest: async () => {
        throw new Error("a bug");
      },
    });
    recorder.app.onError((error, context) => context.text(error.message, 500));
    const response = await postV1(recorder, v1Body(V1_EVENT));
    expect([response.status, await response.text()]).toEqual([500, "a bug"]);
  });
});
