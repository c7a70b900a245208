import {
  clone,
  createCache,
  createEvent,
  createIdentify,
  createPageview,
  getMeta,
  resetMeta,
} from "@posthog/plugin-scaffold/test/utils";
import * as withSuffix from "@posthog/plugin-scaffold/test/utils.js";
import { MetricsOperation, RetryError } from "@posthog/plugin-scaffold";
import { expect, test } from "vitest";

const base = {
  distinct_id: "007",
  ip: "127.128.129.130",
  site_url: "http://localhost:8000/",
  team_id: 13,
  now: "2020-11-26T12:58:57.367Z",
  sent_at: "2020-11-26T12:58:58.453Z",
  timestamp: "2020-11-26T12:58:58.453Z",
};

test("createEvent makes an event without properties, changed as asked", () => {
  expect(createEvent()).toEqual({ ...base, event: "EVENT_TYPE" });
  expect(createEvent({ event: "sale", properties: { amount: "20" } })).toEqual({
    ...base,
    event: "sale",
    properties: { amount: "20" },
  });
});

test("createPageview and createIdentify make what their names say, anew at each call", () => {
  const pageview = createPageview();
  expect(pageview).toMatchObject({ ...base, event: "$pageview", properties: { $browser_version: 86 } });
  expect(Object.keys(pageview.properties ?? {})).toHaveLength(21);
  delete pageview.properties;
  expect(createPageview().properties).toBeDefined();
  expect(createIdentify()).toEqual({
    ...base,
    event: "$identify",
    $set: expect.objectContaining({ email: "test@posthog.com", $os: "Mac OS X" }),
  });
});

test("meta keeps values until it is reset", async () => {
  resetMeta();
  expect(getMeta()).toEqual({
    config: {},
    cache: expect.anything(),
    storage: expect.anything(),
    global: {},
    attachments: {},
  });
  const { cache, storage } = getMeta();
  cache.set("k", { a: 1 });
  expect([await cache.get("k"), await cache.get("none", 7), await storage.get("k")]).toEqual([
    { a: 1 },
    7,
    undefined,
  ]);
  expect(getMeta().cache).toBe(cache);
  expect(resetMeta({ config: { a: 1 } })).toBe(getMeta());
  expect([getMeta().config, await getMeta().cache.get("k")]).toEqual([{ a: 1 }, undefined]);
});

test("clone copies deeply, and a cache starts empty", async () => {
  const original = { a: [{ b: 1 }] };
  const copy = clone(original);
  expect(copy).toEqual(original);
  expect(copy.a[0]).not.toBe(original.a[0]);
  expect(await createCache().get("k")).toBeUndefined();
});

test("the old name with a suffix is the same module", () => {
  expect(withSuffix.createEvent).toBe(createEvent);
});

test("the scaffold's values are those of the gateway", () => {
  expect(MetricsOperation).toEqual({ Sum: "sum", Max: "max", Min: "min" });
  const error = new RetryError("later");
  expect([error.nameWithAttempts, String(error)]).toEqual(["RetryError", "RetryError: later"]);
  Object.assign(error, { _attempt: 2, _maxAttempts: 5 });
  expect([error.nameWithAttempts, String(error)]).toEqual([
    "RetryError (attempt 2/5)",
    "RetryError (attempt 2/5): later",
  ]);
});
