import { describe, expect, test } from "vitest";
import { createRecorder, EVENT, SINGLE, TOKEN } from "./capture.fixture.ts";

const nested = (levels: number) => JSON.parse("[".repeat(levels) + "]".repeat(levels)) as unknown;
const BAD: [reason: string, fields: Record<string, unknown>, message: string][] = [
  [
    "missing_event_name",
    { event: undefined },
    "failed to hydrate events from request: non-engage request missing event name attribute",
  ],
  ["missing_event_name", { event: null }, "non-engage request missing event name attribute"],
  ["invalid_event_name", { event: 5 }, "failed to parse request: event must be a string"],
  ["empty_event_name", { event: "" }, "event submitted with an empty event name"],
  ["missing_distinct_id", { distinct_id: undefined }, "event submitted without a distinct_id"],
  ["missing_distinct_id", { distinct_id: null }, "event submitted without a distinct_id"],
  ["missing_distinct_id", { distinct_id: "" }, "event submitted without a distinct_id"],
  ["missing_distinct_id", { distinct_id: " \t" }, "event submitted without a distinct_id"],
  ["missing_distinct_id", { distinct_id: nested(100_000) }, "event submitted without a distinct_id"],
  ["invalid_uuid", { uuid: "nope" }, "failed to parse request: uuid is not a UUID"],
  ["invalid_uuid", { uuid: 5 }, "failed to parse request: uuid is not a UUID"],
  ["invalid_properties", { properties: "x" }, "failed to parse request: properties"],
  ["invalid_properties", { properties: [] }, "failed to parse request: properties"],
  ["invalid_set", { $set: "x" }, "failed to parse request: $set"],
  ["invalid_set", { $set_once: 1 }, "failed to parse request: $set"],
  ["invalid_timestamp", { timestamp: 1_672_574_400 }, "failed to parse request: timestamp"],
  ["invalid_timestamp", { timestamp: {} }, "failed to parse request: timestamp"],
  ["invalid_offset", { offset: "6" }, "failed to parse request: offset"],
  [
    "invalid_cookieless_mode",
    { properties: { $cookieless_mode: "yes" } },
    "event submitted with invalid cookieless mode",
  ],
  ["too_deep", { properties: { a: nested(120) } }, "failed to parse request: an event is nested too deeply"],
  ["too_deep", { $set: { a: nested(100_000) } }, "failed to parse request: an event is nested too deeply"],
];

/** `JSON.stringify` overflows on what a hostile client can write by hand. */
function write(value: unknown): string {
  if (Array.isArray(value) && value.length === 1 && Array.isArray(value[0])) {
    let levels = 0;
    for (let inner: unknown = value; Array.isArray(inner); inner = inner[0]) levels++;
    return "[".repeat(levels) + "]".repeat(levels);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${write(field)}`).join(",")}}`;
}

describe("a bad event", () => {
  test.each(BAD)("alone (%s) gets 400 and its reason", async (reason, fields, message) => {
    const recorder = createRecorder();
    const response = await recorder.post(write({ ...SINGLE, ...fields }));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: reason, detail: expect.stringContaining(message) });
    expect(recorder.batches).toEqual([]);
    expect(recorder.rejected).toEqual([`${TOKEN} ${reason} 1`]);
  });

  test.each(BAD)(
    "among good ones (%s) is dropped and reported, and sinks nothing",
    async (reason, fields) => {
      const recorder = createRecorder();
      const bad = write({ ...EVENT, ...fields });
      const response = await recorder.post(`{"api_key":"${TOKEN}","batch":[${bad},${write(EVENT)},${bad}]}`);
      expect(response.status).toBe(200);
      expect(recorder.batches.map((batch) => batch.events.length)).toEqual([1]);
      expect(recorder.rejected).toEqual([`${TOKEN} ${reason} 2`]);
    },
  );

  test("that is no object is one more", async () => {
    const recorder = createRecorder();
    expect((await recorder.post({ api_key: TOKEN, batch: [5, null, [], "x", EVENT] })).status).toBe(200);
    expect(recorder.rejected).toEqual([`${TOKEN} malformed 4`]);
  });

  test("is reported by reason, and the first reason answers a request of nothing else", async () => {
    const recorder = createRecorder();
    const batch = [{ ...EVENT, event: "" }, { event: "e" }, { event: "f" }];
    const response = await recorder.post({ api_key: TOKEN, batch });
    expect([response.status, (await response.json()).code]).toEqual([400, "empty_event_name"]);
    expect(recorder.rejected).toEqual([`${TOKEN} empty_event_name 1`, `${TOKEN} missing_distinct_id 2`]);
  });
});
