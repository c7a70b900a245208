import { describe, expect, test } from "vitest";
import { createRecorder, NOW, TOKEN } from "../capture.fixture.ts";
import { normaliseTimestamp } from "../time.ts";
import { postV1, UUIDS, V1_EVENT, v1Body } from "./v1.fixture.ts";

/** The batch and the one event that a v1 request with `fields` brings. */
async function captured(fields: Record<string, unknown>, headers = {}, envelope = {}) {
  const recorder = createRecorder();
  const body = { ...v1Body({ ...V1_EVENT, ...fields }), ...envelope };
  const response = await postV1(recorder, body, headers);
  const [batch] = recorder.batches;
  const event = batch?.events[0];
  if (response.status !== 200 || !batch || !event) throw new Error(await response.text());
  return { batch, event };
}

describe("an event of protocol v1", () => {
  test("is the same to apps as one of v0", async () => {
    const { batch, event } = await captured({ session_id: "s1", window_id: "w1" });
    expect(event).toEqual({
      uuid: UUIDS[0],
      event: "e1",
      distinct_id: "u1",
      timestamp: "2023-01-01T11:59:55Z",
      sent_at: NOW,
      now: NOW,
      ip: "203.0.113.7",
      site_url: "http://localhost",
      team_id: 2,
      properties: {
        a: 1,
        $session_id: "s1",
        $window_id: "w1",
        $lib: "posthog-node",
        $lib_version: "5.70.0",
      },
    });
    expect(batch).toMatchObject({ project: TOKEN, historicalMigration: false });
    expect([...batch.clientUuids]).toEqual([UUIDS[0]]);
  });

  test("has its options among its properties, as booleans and text", async () => {
    const options = {
      cookieless_mode: true,
      disable_skew_correction: 1,
      process_person_profile: false,
      product_tour_id: 7,
    };
    const { event } = await captured({ options });
    expect(event.properties).toMatchObject({
      $cookieless_mode: true,
      $ignore_sent_at: true,
      $process_person_profile: false,
      $product_tour_id: "7",
    });
  });

  test.each([[undefined], [null], [{}], [{ cookieless_mode: null, product_tour_id: null }]])(
    "has no options that were not given, as in %o",
    async (options) => {
      const { event } = await captured({ options });
      expect(Object.keys(event.properties ?? {})).toEqual(["a", "$lib", "$lib_version"]);
    },
  );

  test("has the SDK of the header, whatever its properties say", async () => {
    const { event } = await captured({ properties: { $lib: "x", $lib_version: "0" } });
    expect(event.properties).toEqual({ $lib: "posthog-node", $lib_version: "5.70.0" });
  });

  test.each([[undefined], [null]])("may do without properties (%o)", async (properties) => {
    const { event } = await captured({ properties });
    expect(event.properties).toEqual({ $lib: "posthog-node", $lib_version: "5.70.0" });
  });

  test("keeps $set, $set_once, $groups and $geoip_disable, which live in its properties", async () => {
    const properties = { $set: { a: 1 }, $set_once: { b: 2 }, $groups: { c: "3" }, $geoip_disable: true };
    expect((await captured({ properties })).event.properties).toMatchObject(properties);
  });

  test("has lone surrogates and NULs replaced, and no prototype smuggled in", async () => {
    const recorder = createRecorder();
    const json = JSON.stringify(v1Body({ ...V1_EVENT, properties: { a: "§" } }))
      .replace("§", String.raw`\ud83d\u0000`)
      .replace('"properties":{', '"properties":{"__proto__":{"polluted":true},');
    await postV1(recorder, json);
    const properties = recorder.batches[0]?.events[0]?.properties ?? {};
    expect(properties["a"]).toBe("\ufffd\ufffd");
    expect(Object.hasOwn(properties, "__proto__")).toBe(false);
  });

  test("is the service's own when the envelope or a property says so", async () => {
    const byEnvelope = await captured({}, {}, { capture_internal: true });
    const byProperty = await captured({ properties: { capture_internal: true } });
    expect([byEnvelope.event.ip, byProperty.event.ip]).toEqual(["127.0.0.1", "127.0.0.1"]);
  });

  test("belongs to a migration when the envelope says so", async () => {
    expect((await captured({}, {}, { historical_migration: true })).batch.historicalMigration).toBe(true);
  });
});

describe("an event of protocol v1 is delivered under its own time", () => {
  /** As the pipeline reads it. */
  async function deliveredTime(fields: Record<string, unknown>, requestTimestamp: string) {
    const { batch, event } = await captured(fields, { "posthog-request-timestamp": requestTimestamp });
    const ignoreSentAt = event.properties?.["$ignore_sent_at"] === true;
    return normaliseTimestamp({
      ...event,
      now: Date.parse(event.now),
      ignoreSentAt,
      allowFuture: ignoreSentAt && "allowFuture" in batch,
    });
  }

  test("corrected by the time at which the client says it sent the request", async () => {
    expect(await deliveredTime({}, "2023-01-01T12:00:05Z")).toBe("2023-01-01T11:59:50.000Z");
  });

  test("not in the future", async () => {
    expect(await deliveredTime({ timestamp: "2023-01-03T12:00:00Z" }, NOW)).toBe(NOW);
  });

  test("as it stands, also in the future, when the client asked for no correction", async () => {
    const options = { disable_skew_correction: true };
    expect(await deliveredTime({ timestamp: "2023-01-03T12:00:00Z", options }, NOW)).toBe(
      "2023-01-03T12:00:00.000Z",
    );
  });
});
