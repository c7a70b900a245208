const times = (count, act) => Promise.allSettled(Array.from({ length: count }, (_, n) => act(n)));
const after = (act) => async (event, meta) => {
  await act(event, meta);
  return event;
};
const refuse = () => {
  throw new Error("refused");
};

/** Too much of what is allowed. */
export const storming = {
  "captures 12,000 events": after(() =>
    times(12_000, async (n) => posthog.capture("storm", { distinct_id: "storm", n })),
  ),
  "schedules 1,200 jobs": after((_event, { jobs }) => times(1_200, (n) => jobs.storm({ n }).runNow())),
  "schedules a job of 20 MB": after((_event, { jobs }) =>
    times(1, () => jobs.storm("x".repeat(2e7)).runNow()),
  ),
  "captures what cannot be written": () => {
    const circle = { big: 1n };
    circle.self = circle;
    posthog.capture("odd", circle);
    posthog.capture("long", { long: "x".repeat(2e7) });
    throw new Error("done");
  },
  "logs megabytes": (event) => {
    console.log("x".repeat(5e6));
    for (let n = 0; n < 500; n += 1) console.log("line", n);
    const circle = {};
    circle.self = circle;
    console.log(circle, { toString: refuse });
    return event;
  },
  "leaves rejections behind": (event) => {
    Promise.reject(new Error("unhandled"));
    (async () => {
      await null;
      throw undefined;
    })();
    return event;
  },
  "fetches in vain": after(() => times(20, () => fetch("http://127.0.0.1:1/"))),
  "fetches what is no address": after(() =>
    times(1, async () => [fetch(""), fetch(null), fetch({}), fetch({ toString: refuse }), fetch(1n, 2)]),
  ),
  "uses cache keys of others": after(async (_event, { cache, storage }) => {
    const keys = [
      "../after/name",
      "..",
      "",
      ":after:cache:name",
      "after:cache:name",
      "\0",
      "*",
      "{x}",
      "x".repeat(1e7),
    ];
    await times(keys.length, (n) => cache.set(keys[n], "spoilt"));
    await times(keys.length, (n) => storage.set(keys[n], "spoilt"));
  }),
  "misuses the cache": after((_event, { cache }) =>
    Promise.allSettled([
      cache.get({ toString: refuse }),
      cache.get(Symbol("s")),
      cache.set("big", "x".repeat(1.5e7)),
      cache.set("circle", 1n),
      cache.set("ttl", 1, { valueOf: refuse }),
      cache.lpush("list", []),
      cache.lpush("list", [{ toString: refuse }]),
      cache.lrange("list", NaN, -Infinity),
      cache.expire("name", "never"),
      cache.incr("big"),
      cache.lrem("list", NaN, null),
      cache.get(),
    ]),
  ),
  "keeps odd things in global": (event, { global }) => {
    global.circle = global;
    global.getter = Object.defineProperty({}, "x", { enumerable: true, get: refuse });
    global.proxy = new Proxy({}, { ownKeys: refuse, getPrototypeOf: refuse });
    global.deep = [];
    let inner = global.deep;
    for (let n = 0; n < 10_000; n += 1) inner.push((inner = []));
    return event;
  },
};
