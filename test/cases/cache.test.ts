import { describe, expect, test } from "vitest";
import { deploy, propertiesAfter } from "./deploy.ts";

/** What a function body with `cache` and `storage` in reach returns, or the name and message of what it throws. */
async function result(body: string): Promise<unknown> {
  const app = `async function use({ cache, storage, utils: { cursor } }) { ${body} }
    export async function processEvent(event, meta) {
      try { event.properties.result = await use(meta) } catch (error) { event.properties.result = error.name + ': ' + error.message }
      return event
    }`;
  const properties = await propertiesAfter(app);
  expect(properties).toMatchObject({ $plugins_failed: [] });
  return properties?.["result"];
}

describe("cache", () => {
  test.each<[string, string, unknown]>([
    ["counts from 1 [95]", "return cache.incr('new')", 1],
    ["increments a number that was set [94]", "await cache.set('n', 4); return cache.incr('n')", 5],
    [
      "keeps objects as JSON [107]",
      "await cache.set('o', { a: [1, null] }); return cache.get('o')",
      { a: [1, null] },
    ],
    [
      "loses undefined inside objects [108]",
      "await cache.set('o', { a: undefined }); return cache.get('o')",
      {},
    ],
    [
      "keeps numbers, booleans, null and texts for what they are",
      "for (const v of [0, false, null, '', 'x']) await cache.set('k' + v, v); return Promise.all([0, false, null, '', 'x'].map((v) => cache.get('k' + v, 'default')))",
      [0, false, null, "", "x"],
    ],
    ["keeps undefined as null", "await cache.set('u', undefined); return cache.get('u', 7)", null],
    ["gives the default on a miss [106]", "return cache.get('missing', 7)", 7],
    [
      "gives a default of any kind [106]",
      "return [await cache.get('m', { a: 1 }), await cache.get('m', null), typeof (await cache.get('m'))]",
      [{ a: 1 }, null, "undefined"],
    ],
    [
      "keeps raw text beside JSON [109]",
      "await cache.set('r', 'x', 0, { jsonSerialize: false }); return [await cache.get('r', null, { jsonSerialize: false }), await cache.get('r')]",
      ["x", null],
    ],
    [
      "gives JSON as text where it is asked for so [110]",
      "await cache.set('o', { a: 1 }); return cache.get('o', null, { jsonSerialize: false })",
      '{"a":1}',
    ],
    [
      "says whether there was something to expire [112]",
      "await cache.set('k', 1); return [await cache.expire('k', 5), await cache.expire('no', 5)]",
      [true, false],
    ],
    [
      "expires at once after 0 s [98]",
      "await cache.set('k', 1); await cache.expire('k', 0); return cache.get('k', 'gone')",
      "gone",
    ],
    ["takes a key of any kind as text", "await cache.set(7, 'n'); return cache.get('7')", "n"],
    [
      "takes keys with any characters",
      "const k = 'a:b/c é\\n*'; await cache.set(k, 1); return cache.get(k)",
      1,
    ],
    [
      "pushes a text and a list, to the head [97]",
      "await cache.lpush('l', 'a string'); await cache.lpush('l', ['an', 'array']); return [await cache.lrange('l', 0, 3), await cache.llen('l')]",
      [["array", "an", "a string"], 3],
    ],
    [
      "loses a list after 0 s [97]",
      "await cache.lpush('l', 'a'); await cache.expire('l', 0); return cache.lrange('l', 0, 3)",
      [],
    ],
    [
      "returns the new length from a push [96]",
      "return [await cache.lpush('l', 'a'), await cache.lpush('l', ['b', 'c'])]",
      [1, 3],
    ],
    [
      "pushes elements as text and not as JSON [99]",
      "await cache.lpush('l', [1, null, { a: 1 }, [2, 3]]); return cache.lrange('l', 0, -1)",
      ["2,3", "[object Object]", "null", "1"],
    ],
    [
      "takes a thousand elements [101]",
      "return cache.lpush('l', Array.from({ length: 1000 }, () => 'x'))",
      1000,
    ],
    [
      "has empty lists where there are none [105]",
      "return [await cache.llen('no'), await cache.lrange('no', 0, -1)]",
      [0, []],
    ],
    [
      "reads lists by both ends",
      "await cache.lpush('l', ['c', 'b', 'a']); return [await cache.lrange('l', 0, 0), await cache.lrange('l', -2, -1), await cache.lrange('l', 5, 9)]",
      [["a"], ["b", "c"], []],
    ],
    [
      "pops a list, always as one [103]",
      "await cache.lpush('l', ['1', '2', '3']); return [await cache.lpop('l', 2), await cache.lpop('l', 1), await cache.lpop('l', 1)]",
      [["3", "2"], ["1"], []],
    ],
    [
      "removes by value [104]",
      "await cache.lpush('l', ['x', 'y', 'x']); return [await cache.lrem('l', 1, 'x'), await cache.lrange('l', 0, -1)]",
      [1, ["y", "x"]],
    ],
    [
      "reads what was written before, awaited or not",
      "cache.set('k', 'new'); return cache.get('k', 'old')",
      "new",
    ],
    ["resolves a set to nothing", "return typeof (await cache.set('k', 1))", "undefined"],
    ["works without await in a chain of promises", "return cache.incr('n').then(() => cache.incr('n'))", 2],
  ])("%s", async (_guarantee, body, expected) => {
    expect(await result(body)).toEqual(expected);
  });

  test.each<[string, string]>([
    ["Error: cache.lpush expects a string value or an array of strings", "return cache.lpush('l', 5)"],
    ["Error: cache.lpush expects a string value or an array of strings", "return cache.lpush('l', { a: 1 })"],
    ["Error: cache.lpush expects a string value or an array of strings", "return cache.lpush('l')"],
    [
      "IllegalOperationError: Too many elements in array for cache.lpush. Maximum: 1000",
      "return cache.lpush('l', Array.from({ length: 1001 }, String))",
    ],
    [
      "Error: cache.lrange expects a number for the start and end indexes",
      "return cache.lrange('l', '0', 1)",
    ],
    ["Error: cache.lrange expects a number for the start and end indexes", "return cache.lrange('l', 0)"],
    ["Error: cache.set: a key cannot live for -5 seconds", "return cache.set('k', 1, -5)"],
    ["Error: cache.set expects a number of seconds, not soon", "return cache.set('k', 1, 'soon')"],
    ["Error: cache.set expects a number of seconds, not Infinity", "return cache.set('k', 1, Infinity)"],
    ["Error: cache.expire expects a number of seconds, not undefined", "return cache.expire('k')"],
    ["Error: cache.expire expects a number of seconds, not soon", "return cache.expire('k', 'soon')"],
    ['Error: cache.lpop expects a number for the "count" argument', "return cache.lpop('l', '1')"],
    ['Error: cache.lrem expects a number for the "count" argument', "return cache.lrem('l', '1', 'x')"],
  ])("rejects with %s [100, 102, 104]: %s", async (message, body) => {
    expect(await result(body)).toBe(message);
  });

  test("rejects the increment of a text [96]", async () => {
    expect(await result("await cache.set('k', 'x'); return cache.incr('k')")).toContain("not an integer");
  });

  test.each<[string, string, number]>([
    ["seconds", "1000", 1000],
    ["seconds as text", "'1000'", 1000],
    ["a fraction, rounded up", "999.5", 1000],
    ["0: none [111]", "0", -1],
    ["undefined: none [111]", "undefined", -1],
    ["null: none [111]", "null", -1],
  ])("sets a life time of %s", async (_what, ttl, expected) => {
    const edge = await deploy({
      app: `export const processEvent = async (e, { cache }) => (await cache.set('k', 1, ${ttl}), e)`,
    });
    await edge.send("e");
    const [key] = (await edge.redisCommand("KEYS", "app:*:cache:k")) as string[];
    expect(await edge.redisCommand("TTL", String(key))).toBe(expected);
  });

  test("forgets an older life time when a value is set without one [113]", async () => {
    const edge = await deploy({
      app: "export const processEvent = async (e, { cache }) => (await cache.set('k', 1, 50), await cache.set('k', 2), e)",
    });
    await edge.send("e");
    const [key] = (await edge.redisCommand("KEYS", "app:*:cache:k")) as string[];
    expect(await edge.redisCommand("TTL", String(key))).toBe(-1);
  });

  test("is one for all isolates, and outlives them [114]", async () => {
    const edge = await deploy({
      app: "export const processEvent = async (e, { cache }) => (e.properties.n = await cache.incr('n'), e)",
    });
    await edge.send("e");
    edge.restart();
    expect((await edge.send("e"))?.properties["n"]).toBe(2);
  });

  test("is not shared between projects or apps [115]", async () => {
    const count =
      "export const processEvent = async (e, { cache }) => (e.properties[NAME] = await cache.incr('n'), e)";
    const edge = await deploy(
      { one: count.replace("NAME", "'one'"), two: count.replace("NAME", "'two'") },
      { settings: { PROJECT_TOKENS: "phc_test,phc_other" } },
    );
    expect((await edge.send("e"))?.properties).toMatchObject({ one: 1, two: 1 });
    expect((await edge.send("e", { api_key: "phc_other" }))?.properties).toMatchObject({ one: 1, two: 1 });
    expect((await edge.send("e"))?.properties).toMatchObject({ one: 2, two: 2 });
  });
});

describe("storage", () => {
  test.each<[string, string, unknown]>([
    [
      "gives the default for what is missing [118]",
      "return [await storage.get('no', 5), typeof (await storage.get('no'))]",
      [5, "undefined"],
    ],
    [
      "knows a stored null from nothing [117]",
      "await storage.set('c', null); return storage.get('c', 999)",
      null,
    ],
    [
      "deletes by undefined [119]",
      "await storage.set('k', 1); await storage.set('k', undefined); return storage.get('k', 'gone')",
      "gone",
    ],
    [
      "keeps JSON [120]",
      "await storage.set('k', { a: { b: [1] } }); return storage.get('k')",
      { a: { b: [1] } },
    ],
    [
      "deletes, also what is not there [121]",
      "await storage.del('k'); await storage.set('k', 1); await storage.del('k'); return storage.get('k', null)",
      null,
    ],
    [
      "takes keys of 200 characters [122]",
      "await storage.set('k'.repeat(200), 1); return storage.get('k'.repeat(200))",
      1,
    ],
    ["starts a cursor at 0 [124]", "await cursor.init('c'); return cursor.increment('c')", 1],
    [
      "starts a cursor once [125]",
      "await cursor.init('c', 5); await cursor.init('c', 9); return cursor.increment('c')",
      6,
    ],
    [
      "moves a cursor by any number [126]",
      "await cursor.init('c', 0); return [await cursor.increment('c', 5), await cursor.increment('c', -2)]",
      [5, 3],
    ],
    ["moves a cursor that was never started [127]", "return cursor.increment('c', 5)", 5],
    [
      "takes a step of 0, or of nothing, for 1 [127]",
      "return [await cursor.increment('c', 0), await cursor.increment('c', null), await cursor.increment('c', '')]",
      [1, 2, 3],
    ],
    [
      "refuses a step that is no number [128]",
      "return cursor.increment('c', 'x')",
      "Error: The incrementBy value must be a number!",
    ],
    [
      "refuses a start that is no number [129]",
      "return cursor.init('c', '1')",
      "Error: The cursor's initial value must be a number!",
    ],
  ])("%s", async (_guarantee, body, expected) => {
    expect(await result(body)).toEqual(expected);
  });

  test("keeps what set-up and earlier events wrote [117]", async () => {
    const edge = await deploy({
      app: `export async function setupPlugin({ storage }) {
          await storage.set('c', -1)
          if ((await storage.get('c')) !== -1) throw new Error('unreadable')
          await storage.set('c', null)
        }
        export async function processEvent(event, { storage }) {
          const counter = await storage.get('counter', 0)
          await storage.set('counter', counter + 1)
          await storage.set('deleteme', 10)
          await storage.del('deleteme')
          event.properties = { counter: await storage.get('counter'), nothing: await storage.get('c', 999), deleted: await storage.get('deleteme', null) }
          return event
        }`,
    });
    for (const counter of [1, 2, 3]) {
      expect((await edge.send("e"))?.properties).toMatchObject({ counter, nothing: null, deleted: null });
    }
  });

  test("is not shared between projects [123]", async () => {
    const edge = await deploy(
      {
        app: "export const processEvent = async (e, { utils }) => (e.properties.n = await utils.cursor.increment('n'), e)",
      },
      { settings: { PROJECT_TOKENS: "phc_test,phc_other" } },
    );
    await edge.send("e");
    expect((await edge.send("e", { api_key: "phc_other" }))?.properties["n"]).toBe(1);
  });
});
