import { createHash } from "crypto";
import { RetryError as Imported } from "@posthog/plugin-scaffold";

/** Uses whatever a neighbour may have spoilt, and says what it found. */
export async function processEvent(event, { config, attachments, cache, global }) {
  global.seen = (global.seen ?? 0) + 1;
  await cache.set(event.distinct_id, "kept");
  event.properties.found = {
    config: JSON.stringify(config.list),
    attachment: attachments.file.contents.toString(),
    cached: await cache.get(event.distinct_id),
    missing: await cache.get("none", "default"),
    hash: createHash("sha256").update("a").digest("hex").slice(0, 8),
    arrays: [3, 1, 2].toSorted().concat([4]).filter(Boolean).join(),
    own: Object.keys({}).length + Object.keys([]).length,
    inherited: Object.keys(Object.fromEntries(inheritedNames({}))).join(),
    text: "A-b"
      .replace(/[a-z]/gi, (c) => c.toLowerCase())
      .split("-")
      .join("+"),
    matched: [..."k=1&l=2".matchAll(/(\w)=(\d)/g)].map(([, k, v]) => k + v).join(),
    url: new URL("https://a.example/b?c=1").searchParams.get("c"),
    date: new Date(0).toISOString(),
    random: typeof Math.random(),
    now: Date.now() > 1e12,
    promise: await Promise.all([1, Promise.resolve(2)]).then((all) => all.join()),
    map: [...new Map([["a", 1]])].join(),
    retry: [String(new RetryError("x")), new Imported("y") instanceof RetryError].join(),
    error: String(new TypeError("z")),
    buffer: Buffer.from("aGk=", "base64").toString(),
    json: JSON.stringify({ a: [1, { b: null }] }),
    response: await new Response("body").text(),
    global: typeof globalThis.polluted + typeof polluted(),
  };
  return event;
}

function inheritedNames(object) {
  const names = [];
  for (const name in object) names.push([name, 1]);
  return names;
}

const polluted = () => ({}).polluted;

export async function onEvent(event, { config }) {
  await fetch(config.url, { method: "POST", body: JSON.stringify({ hook: "onEvent", event }) });
}

export async function exportEvents(events, { config }) {
  await fetch(config.url, { method: "POST", body: JSON.stringify({ hook: "exportEvents", events }) });
}
