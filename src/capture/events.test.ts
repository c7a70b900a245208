import { describe, expect, test } from "vitest";
import { createRecorder, EVENT, NOW, SINGLE, TOKEN } from "./capture.fixture.ts";

const UUID = "0190f0f0-1234-7abc-8def-0123456789ab";
const OTHER_UUID = "0190f0f0-1234-7abc-8def-0123456789ac";

describe("an event", () => {
  test("arrives as it was sent, with what the gateway knows, and without unknown root keys", async () => {
    const sent = {
      event: "$pageview",
      uuid: UUID,
      distinct_id: "u1",
      timestamp: "2023-01-01T11:59:00+01:00",
      offset: 5,
      properties: {
        $current_url: "https://a.example",
        $elements: [{ tag_name: "a" }],
        $ip: "1.2.3.4",
        token: TOKEN,
      },
      $set: { plan: "free" },
      $set_once: { first: 1 },
    };
    const ignored = {
      type: "capture",
      library: "x",
      messageId: "m",
      context: {},
      team_id: 9,
      now: "x",
      ip: "x",
      site_url: "x",
    };
    const body = { api_key: TOKEN, sent_at: NOW, batch: [{ ...sent, ...ignored }] };
    expect(await createRecorder().captured(body, "http://edge.example/batch")).toEqual({
      ...sent,
      sent_at: NOW,
      now: NOW,
      ip: "203.0.113.7",
      site_url: "http://edge.example",
      team_id: 2,
    });
  });

  test("without optional fields has no such keys", async () => {
    const event = await createRecorder().captured({ api_key: TOKEN, event: "e", distinct_id: "u" });
    expect(Object.keys(event)).toEqual(["uuid", "event", "distinct_id", "now", "ip", "site_url", "team_id"]);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ["$distinct_id", { $distinct_id: "d" }, "d"],
    ["properties", { properties: { distinct_id: "p" } }, "p"],
    ["the root before properties", { distinct_id: "r", properties: { distinct_id: "p" } }, "r"],
    ["properties when the root is null", { distinct_id: null, properties: { distinct_id: "p" } }, "p"],
    ["a whole number", { distinct_id: 23 }, "23"],
    ["a fraction", { distinct_id: 23.4 }, "23.4"],
    ["a boolean", { distinct_id: false }, "false"],
    ["a list", { distinct_id: ["a", 1] }, '["a",1]'],
    ["an object", { distinct_id: { a: "b c" } }, '{"a":"b c"}'],
    ["a text with blanks", { distinct_id: " u1 " }, " u1 "],
    ["a NUL", { distinct_id: "a\0b" }, "a\ufffdb"],
    ["200 characters", { distinct_id: "x".repeat(200) }, "x".repeat(200)],
    ["more than 200 characters", { distinct_id: "x".repeat(201) }, "x".repeat(200)],
    ["200 emoji", { distinct_id: "😀".repeat(200) }, "😀".repeat(200)],
    ["more than 200 emoji", { distinct_id: `a${"😀".repeat(200)}` }, `a${"😀".repeat(199)}`],
  ])("belongs to the person told by %s", async (_name, fields, distinctId) => {
    const event = await createRecorder().captured({ api_key: TOKEN, event: "e", ...fields });
    expect(event.distinct_id).toBe(distinctId);
  });

  test.each([
    ["an event", "12345678901234567891", `"$distinct_id": 12345678901234567891`],
    ["its properties", "-9007199254740993", `"properties": { "distinct_id": -9007199254740993 }`],
  ])("belongs to one person alone whose id in %s is longer than a number holds", async (_name, id, field) => {
    const quoted = JSON.stringify(`{${field}}`);
    const body = `{"api_key": "${TOKEN}", "batch": [{"event": ${quoted}, ${field}}]}`;
    expect(await createRecorder().captured(body)).toMatchObject({ event: `{${field}}`, distinct_id: id });
  });

  test.each([UUID, UUID.toUpperCase(), `{${UUID}}`, `urn:uuid:${UUID}`])(
    "keeps its uuid %s",
    async (uuid) => {
      const recorder = createRecorder();
      expect((await recorder.captured({ ...SINGLE, uuid })).uuid).toBe(UUID);
      expect([...(recorder.batches[0]?.clientUuids ?? [])]).toEqual([UUID]);
    },
  );

  test.each([undefined, null, ""])(
    "with uuid %j gets one of its own time, which is no uuid of the client's",
    async (uuid) => {
      const recorder = createRecorder();
      const { batches } = recorder;
      const event = await recorder.captured({ ...SINGLE, uuid, timestamp: "2022-06-01T00:00:00Z" });
      expect(Number.parseInt(event.uuid.replace("-", "").slice(0, 12), 16)).toBe(
        Date.parse("2022-06-01T00:00:00Z"),
      );
      expect(event.uuid).toMatch(/^.{14}7.{4}[89ab]/);
      expect(batches[0]?.clientUuids.size).toBe(0);
    },
  );

  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ["a name of 1000 characters", { event: "x".repeat(1000) }, { event: "x".repeat(1000) }],
    ["null properties", { properties: null }, { properties: {} }],
    ["a null offset", { offset: null }, {}],
    ["a fractional offset", { offset: 12.7 }, { offset: 12.7 }],
    ["a null timestamp", { timestamp: null }, {}],
    ["a timestamp that is no date", { timestamp: "yesterday" }, { timestamp: "yesterday" }],
    ["capture_internal", { properties: { capture_internal: true } }, { ip: "127.0.0.1" }],
    [
      "cookieless mode",
      { properties: { $cookieless_mode: true } },
      { properties: { $cookieless_mode: true } },
    ],
  ])("may have %s", async (_name, fields, expected) => {
    expect(await createRecorder().captured({ ...SINGLE, ...fields })).toMatchObject(expected);
  });

  test("on /engage needs no name and becomes $identify", async () => {
    const body = { $token: TOKEN, $distinct_id: "u1", $set: { k: 1 } };
    expect(await createRecorder().captured(body, "/engage/")).toMatchObject({
      event: "$identify",
      distinct_id: "u1",
      $set: { k: 1 },
    });
    expect((await createRecorder().captured({ ...SINGLE, $set: {} }, "/engage")).event).toBe("e1");
    expect((await createRecorder().post(body, "/e/")).status).toBe(400);
  });

  test("cannot change any prototype", async () => {
    const body = `{"api_key":"${TOKEN}","event":"e","distinct_id":"u","__proto__":{"polluted":1},
      "properties":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"kept":1}}`;
    const event = await createRecorder().captured(body);
    expect(Object.assign({}, event.properties)).not.toHaveProperty("polluted");
    expect(event).not.toHaveProperty("polluted");
    expect({}).not.toHaveProperty("polluted");
    expect(event.properties?.kept).toBe(1);
  });
});

describe("a batch", () => {
  test("keeps its order, its uuids and its migration flag", async () => {
    const recorder = createRecorder();
    const batch = [
      { ...EVENT, uuid: OTHER_UUID },
      { ...EVENT, event: "e2" },
      { ...EVENT, event: "e3", uuid: UUID },
    ];
    await recorder.post({ api_key: TOKEN, historical_migration: true, batch }, "/batch");
    expect(recorder.batches[0]).toMatchObject({ project: TOKEN, historicalMigration: true });
    expect(recorder.batches[0]?.events.map((event) => event.event)).toEqual(["e1", "e2", "e3"]);
    expect([...(recorder.batches[0]?.clientUuids ?? [])]).toEqual([OTHER_UUID, UUID]);
  });

  test("of $performance_event is accepted, empty and not passed on", async () => {
    const recorder = createRecorder();
    const ignored = { ...EVENT, event: "$performance_event" };
    expect((await recorder.post({ api_key: TOKEN, ...ignored })).status).toBe(200);
    expect(recorder.batches).toEqual([]);
    expect((await recorder.post({ api_key: TOKEN, batch: [ignored, EVENT] })).status).toBe(200);
    expect(recorder.batches.map((batch) => batch.events.length)).toEqual([1]);
    expect(recorder.rejected).toEqual([`${TOKEN} performance_event 1`, `${TOKEN} performance_event 1`]);
  });

  test("of $performance_event and a bad event is refused", async () => {
    const batch = [{ ...EVENT, event: "$performance_event" }, { event: "e" }];
    const response = await createRecorder().post({ api_key: TOKEN, batch });
    expect([response.status, (await response.json()).code]).toEqual([400, "missing_distinct_id"]);
  });
});
