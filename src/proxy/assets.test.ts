import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AssetCache } from "./assets.ts";
import { createMemoryAssetCache } from "./memory-cache.ts";
import { ORIGIN, type ProxyFixture, startProxy } from "./proxy.fixture.ts";

describe("an asset", () => {
  let proxy: ProxyFixture;
  let headers: Record<string, string>;
  let status: number;
  beforeEach(async () => {
    proxy = await startProxy({ cache: createMemoryAssetCache() });
    headers = { "Cache-Control": "public, max-age=300", ETag: '"v1"', "Content-Type": "text/javascript" };
    status = 200;
    let answers = 0;
    proxy.posthog.answerWith(() => new Response(`answer ${++answers}`, { status, headers }));
  });
  afterEach(() => proxy.stop());

  const get = async (path = "/static/array.js", init: RequestInit = {}) => {
    const answer = await proxy.request(path, init);
    const text = await answer.text();
    await proxy.settled();
    return { answer, text };
  };

  test("is asked for once while PostHog lets it be kept, and not a second longer", async () => {
    await get();
    proxy.clock.nowMs += 299_000;
    const kept = await get();
    expect(kept.text).toBe("answer 1");
    expect(kept.answer.headers.get("age")).toBe("299");
    expect(kept.answer.headers.get("content-type")).toBe("text/javascript");
    expect([...kept.answer.headers.keys()].filter((name) => name.startsWith("x-"))).toEqual([]);
    proxy.clock.nowMs += 1000;
    expect((await get()).text).toBe("answer 2");
  });

  test("is as old as PostHog's own cache says", async () => {
    headers["Age"] = "200";
    await get();
    proxy.clock.nowMs += 99_000;
    expect((await get()).text).toBe("answer 1");
    proxy.clock.nowMs += 1000;
    expect((await get()).text).toBe("answer 2");
  });

  test("is kept as long as s-maxage says, where both are said", async () => {
    headers["Cache-Control"] = "max-age=10, s-maxage=60";
    await get();
    proxy.clock.nowMs += 59_000;
    expect((await get()).text).toBe("answer 1");
  });

  test.each([
    ["no-store"],
    ["private, max-age=60"],
    ["no-cache, max-age=60"],
    ["max-age=0"],
    ["public"],
    [""],
  ])("is not kept with Cache-Control %j", async (cacheControl) => {
    headers["Cache-Control"] = cacheControl;
    await get();
    expect((await get()).text).toBe("answer 2");
  });

  test("is not kept when it varies by more than is told apart", async () => {
    headers["Vary"] = "Cookie";
    await get();
    expect((await get()).text).toBe("answer 2");
  });

  test("is not kept when PostHog failed", async () => {
    status = 404;
    await get();
    expect((await get()).text).toBe("answer 2");
  });

  test("is another one with another query", async () => {
    await get("/static/array.js?v=1");
    expect((await get("/static/array.js?v=2")).text).toBe("answer 2");
    expect((await get("/static/array.js?v=1")).text).toBe("answer 1");
  });

  test("is kept per site where it is remote config, which names the sites that may record", async () => {
    const from = (origin: string) => get("/array/phc_test/config", { headers: { origin } });
    await from(ORIGIN);
    expect((await from("https://other.example")).text).toBe("answer 2");
    expect((await from(ORIGIN)).text).toBe("answer 1");
    const referer = { headers: { referer: `${ORIGIN}/cart` } };
    expect((await get("/array/phc_test/config", referer)).text).toBe("answer 1");
  });

  test("carries the CORS headers of the page that asks, not of the one that asked first", async () => {
    await get("/static/array.js", { headers: { origin: "https://other.example" } });
    const { answer } = await get("/static/array.js", { headers: { origin: ORIGIN } });
    expect(answer.headers.get("access-control-allow-origin")).toBe(ORIGIN);
  });

  test("is 304 from the cache for who has it", async () => {
    await get();
    const { answer } = await get("/static/array.js", { headers: { "if-none-match": 'W/"v1"' } });
    expect([answer.status, answer.headers.get("etag")]).toEqual([304, '"v1"']);
    expect(proxy.posthog.requests).toHaveLength(1);
  });

  test.each([
    ["with credentials", { headers: { authorization: "Bearer x" } }],
    ["in part", { headers: { range: "bytes=0-1" } }],
    ["by POST", { method: "POST" }],
  ])("is neither kept nor given out when asked for %s", async (_case, init) => {
    await get("/static/array.js", init);
    await get("/static/array.js");
    await get("/static/array.js", init);
    expect(proxy.posthog.requests).toHaveLength(3);
  });
});

test("flags are never kept, whatever PostHog says", async () => {
  const proxy = await startProxy({ cache: createMemoryAssetCache() });
  proxy.posthog.answerWith(() => Response.json({}, { headers: { "Cache-Control": "max-age=60" } }));
  for (const path of ["/flags/", "/api/surveys/"]) {
    await proxy.request(path);
    await proxy.request(path);
  }
  expect(proxy.posthog.requests).toHaveLength(4);
  await proxy.stop();
});

test("a cache that fails costs nothing but its use", async () => {
  const broken: AssetCache = {
    match: () => Promise.reject(new Error("no cache was configured")),
    put: () => Promise.reject(new Error("no cache was configured")),
  };
  const proxy = await startProxy({ cache: broken });
  proxy.posthog.answerWith(() => new Response("asset", { headers: { "Cache-Control": "max-age=60" } }));
  expect(await (await proxy.request("/static/array.js")).text()).toBe("asset");
  await proxy.settled();
  await proxy.stop();
});

describe("the cache in memory", () => {
  const body = (size: number) => new Response("x".repeat(size));

  test("forgets what was asked for longest ago when it is full", async () => {
    const cache = createMemoryAssetCache({ maxBytes: 100 });
    await cache.put("a", body(40));
    await cache.put("b", body(40));
    await cache.match("a");
    await cache.put("c", body(40));
    const found = await Promise.all(
      ["a", "b", "c"].map(async (url) => (await cache.match(url)) !== undefined),
    );
    expect(found).toEqual([true, false, true]);
  });

  test("does not take what is larger than an entry may be", async () => {
    const cache = createMemoryAssetCache({ maxBytes: 100, maxEntryBytes: 50 });
    await cache.put("a", body(51));
    expect(await cache.match("a")).toBeUndefined();
  });

  test("counts an entry once that is put again", async () => {
    const cache = createMemoryAssetCache({ maxBytes: 100 });
    for (let i = 0; i < 10; i++) await cache.put("a", body(60));
    await cache.put("b", body(40));
    expect(await (await cache.match("a"))?.text()).toHaveLength(60);
  });
});
