import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { SdkEvent } from "./event.ts";
import { createRequests, payloads } from "./payload.ts";
import { createRandom } from "./random.ts";

const [single, fifty, hundred] = payloads;
const TOKEN = "phc_test";

const make = (payload: (typeof payloads)[number], seed: number, count: number) => {
  const next = createRequests(payload, createRandom(seed), TOKEN);
  return Array.from({ length: count }, next);
};

describe("requests", () => {
  test.each(payloads)("of $name have the same bytes for the same seed, and others for another", (payload) => {
    expect(make(payload, 1, 3)).toEqual(make(payload, 1, 3));
    expect(make(payload, 1, 1)[0]?.body).not.toEqual(make(payload, 2, 1)[0]?.body);
  });

  test("hold events of about 1.3 KB with about 35 properties", () => {
    const sizes = make(single, 1, 200).map(({ body }) => body.byteLength);
    expect(Math.min(...sizes)).toBeGreaterThan(1150);
    expect(Math.max(...sizes)).toBeLessThan(1500);
    const event = JSON.parse(String(make(single, 1, 1)[0]?.body)) as SdkEvent;
    expect(Object.keys(event.properties).length).toBeGreaterThanOrEqual(33);
  });

  test("of a batch are gzip, name the project once for all, and hold as many events as they say", () => {
    for (const payload of [fifty, hundred]) {
      const [request] = make(payload, 1, 1);
      const { api_key, batch } = JSON.parse(String(gunzipSync(request?.body ?? ""))) as {
        api_key: string;
        batch: SdkEvent[];
      };
      expect(api_key).toBe(TOKEN);
      expect(batch).toHaveLength(payload.events);
    }
  });

  test("never hold an event twice, since the gateway delivers an event once", () => {
    const bodies = make(single, 1, 500).map(({ body }) => JSON.parse(String(body)) as SdkEvent);
    expect(new Set(bodies.map(({ uuid }) => uuid)).size).toBe(500);
  });

  test("come from many people, by pageviews and clicks", () => {
    const events = make(single, 1, 200).map(({ body }) => JSON.parse(String(body)) as SdkEvent);
    expect(new Set(events.map(({ properties }) => properties["distinct_id"])).size).toBeGreaterThan(190);
    expect(new Set(events.map(({ event }) => event))).toEqual(new Set(["$pageview", "$autocapture"]));
  });
});
