import { describe, expect, test } from "vitest";
import { deploy, type Deployment } from "../cases/deploy.ts";
import { published } from "./published.ts";

/** Deploys one published app with its configuration. */
async function start(name: string, listing: object = {}): Promise<Deployment> {
  return deploy({ [name]: await published(name) }, { listings: { [name]: listing } });
}
const failed = (edge: Deployment) => edge.log.filter(({ level }) => level === "ERROR");

describe("geo-enricher", () => {
  test("sets place and person's place of an address that the database knows [372, 373]", async () => {
    const edge = await start("geo-enricher");
    const event = await edge.send("e", {
      properties: { $ip: "198.51.100.1" },
      $set: { $geoip_city_name: "mine" },
    });
    expect(event).toMatchObject({
      properties: { $geoip_city_name: "Database", $plugins_succeeded: ["Geo enricher (1)"] },
      $set: { $geoip_city_name: "mine", $geoip_country_name: null, $geoip_postal_code: null },
      $set_once: { $initial_geoip_city_name: "Database", $initial_geoip_country_code: null },
    });
    expect(Object.keys(event?.$set ?? {})).toHaveLength(11);
  });

  test.each([
    ["it is told not to [374]", { $ip: "198.51.100.1", $geoip_disable: true }],
    ["nobody knows the address [381]", { $ip: "8.8.8.8" }],
    ["the address is none [381]", { $ip: "asdfgh" }],
  ])("adds nothing when %s", async (_why, properties) => {
    const event = await (await start("geo-enricher")).send("e", { properties });
    expect(event?.properties).not.toHaveProperty("$geoip_city_name");
    expect(event?.$set).toBeUndefined();
  });

  test("prefers $ip to the client's address, and makes properties where there are none [375, 378]", async () => {
    const edge = await start("geo-enricher");
    const send = (body: object) =>
      fetch(`${edge.url}/e/`, {
        method: "POST",
        headers: { "CF-Connecting-IP": "203.0.113.7" },
        body: JSON.stringify({ api_key: edge.token, event: "e", distinct_id: "u1", ...body }),
      });
    await send({ properties: { $ip: "198.51.100.1" } });
    await send({});
    await edge.settle();
    expect(edge.delivered().map(({ properties }) => properties["$geoip_city_name"])).toEqual([
      "Database",
      "Platform",
    ]);
  });

  test("finds nothing behind an app that removed the address, and all in front of it [383]", async () => {
    const scrubber = "export const processEvent = (e) => { delete e.properties.$ip; e.ip = null; return e }";
    const geo = await published("geo-enricher");
    const properties = { $ip: "198.51.100.1" };
    expect((await (await deploy({ scrubber, geo })).send("e", { properties }))?.$set).toBeUndefined();
    expect((await (await deploy({ geo, scrubber })).send("e", { properties }))?.$set).toBeDefined();
  });
});

test("currency-converter asks for rates once, keeps them for all isolates and rounds", async () => {
  const edge = await start("currency-converter", { config: { apiKey: "k" } });
  edge.hook.answerWith(() => Response.json({ rates: { EUR: 0.9, USD: 1, PLN: 4 } }));
  const send = async (properties: object) =>
    (await edge.send("sale", { properties }))?.properties["normalized_amount"];
  expect(await send({ amount: "20", currency: "USD" })).toBe(18);
  expect(await send({ amount: 10, currency: "PLN" })).toBe(2.25);
  expect(await send({ amount: 7, currency: "EUR" })).toBe(7);
  expect(await send({ amount: 7, currency: "XXX" })).toBeUndefined();
  expect(await send({ amount: 7 })).toBeUndefined();
  edge.restart();
  expect(await send({ amount: 1, currency: "USD" })).toBe(0.9);
  expect(edge.hook.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "GET /api/latest.json?app_id=k",
  ]);
  expect(await edge.run("currency-converter", { task: "runEveryHour" })).toBe(202);
  expect(edge.hook.requests).toHaveLength(2);
  expect(failed(edge)).toEqual([]);
});

test("currency-converter lets events pass and says why while rates cannot be had", async () => {
  const edge = await start("currency-converter", { config: { apiKey: "k" } });
  edge.hook.answerWith(() => Response.json({ error: true }));
  expect(await edge.send("sale", { properties: { amount: 1, currency: "USD" } })).toBeDefined();
  expect(edge.messages()).toEqual(["Error: Error fetching currency rates!"]);
});

test("session-tracker starts a session by its own event, once while the session lasts", async () => {
  const edge = await start("session-tracker", { config: { sessionLengthInMinutes: "10" } });
  expect((await edge.send("a"))?.properties["is_session_start"]).toBe(true);
  expect((await edge.send("b"))?.properties["is_session_start"]).toBe(false);
  expect(edge.delivered().filter(({ event }) => event === "session_start")).toMatchObject([
    { distinct_id: "u1", properties: { number: 1 } },
  ]);
  const [key] = (await edge.redisCommand("KEYS", "app:*:cache:session_u1")) as string[];
  expect(Number(await edge.redisCommand("TTL", String(key)))).toBeGreaterThan(590);
});

test("taxonomy renames by its configuration and its file, and leaves PostHog's own names", async () => {
  const attachments = { overrides: "overrides.json" };
  const edge = await start("taxonomy", { attachments, config: { naming: "camelCase" } });
  for (const name of ["Signed Up!", "order_was Placed", "$pageview"]) await edge.send(name);
  expect(edge.delivered().map(({ event }) => event)).toEqual(["registration", "orderWasPlaced", "$pageview"]);
  expect(edge.delivered()[1]?.properties["$original_name"]).toBe("order_was Placed");
  const plain = await start("taxonomy");
  expect((await plain.send("orderPlaced Twice"))?.event).toBe("order_placed_twice");
});

test("url-language splits the language off an address, and keeps the first campaign", async () => {
  const edge = await start("url-language");
  const $current_url = "https://shop.example/de-AT/cart/?utm_source=ad&utm_medium=cpc&x=1";
  expect(await edge.send("e", { properties: { $current_url }, $set_once: { own: 1 } })).toMatchObject({
    properties: { language: "de", $pathname: "/cart/" },
    $set_once: { own: 1, initial_utm_source: "ad", initial_utm_medium: "cpc" },
  });
  for (const address of ["nonsense", 5, "https://shop.example/cart"]) {
    const event = await edge.send("e", { properties: { $current_url: address } });
    expect(event?.properties).not.toHaveProperty("language");
  }
  expect(failed(edge)).toEqual([]);
});

test("ip-privacy shortens the address, hashes what it is told to and drops the rest", async () => {
  const edge = await start("ip-privacy", { config: { drop: "secret", privateSalt: "s" } });
  const event = await edge.send("e", { properties: { email: "a@example.com", secret: 1, kept: 2 } });
  expect(event?.properties).toMatchObject({
    $ip: "127.0.0.0",
    kept: 2,
    email: expect.stringMatching(/^[\da-f]{64}$/),
  });
  expect(event?.properties).not.toHaveProperty("secret");
});

test("downsampler keeps the same people at every event", async () => {
  const edge = await start("downsampler", { config: { percentage: "50" } });
  const people = Array.from({ length: 40 }, (_, n) => `person ${n}`);
  for (const round of ["first", "second"]) {
    await edge.capture(...people.map((distinct_id) => ({ event: round, distinct_id })));
  }
  await edge.settle();
  const kept = (round: string) =>
    edge.delivered().flatMap(({ event, distinct_id }) => (event === round ? [distinct_id] : []));
  expect(kept("first")).toEqual(kept("second"));
  expect(kept("first").length).toBeGreaterThan(5);
  expect(kept("first").length).toBeLessThan(35);
});

test("downsampler disables itself with a percentage that is none", async () => {
  const edge = await start("downsampler", { config: { percentage: "many" } });
  expect((await edge.send("e"))?.properties).toEqual({ $ip: "127.0.0.1" });
  expect(edge.messages().join()).toContain("Percentage must be a number between 0 and 100.");
});

test("user-agent reads the browser off a property, whatever its case, and removes it", async () => {
  const edge = await start("user-agent", { config: { overrideUserAgentDetails: "true", debugMode: "true" } });
  const $userAgent =
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0.6478.71 Mobile Safari/537.36";
  const properties = (await edge.send("e", { properties: { $userAgent } }))?.properties;
  expect(properties).toMatchObject({
    $browser: "Chrome",
    $browser_version: "126.0.6478.71",
    $device_type: "Mobile",
  });
  expect(properties).not.toHaveProperty("$userAgent");
  await edge.send("e");
  expect(edge.messages()).toEqual([expect.stringContaining("no user agent in 0190f0a0-")]);
});

test("schema-enforcer drops or flags what does not fit", async () => {
  const schema = JSON.stringify({ sale: { required: ["total"], types: { total: "number" } } });
  const dropping = await start("schema-enforcer", { config: { schema } });
  expect(await dropping.send("sale", { properties: { total: "5" } })).toBeUndefined();
  expect(await dropping.send("sale", { properties: { total: 5 } })).toBeDefined();
  expect(await dropping.send("other")).toBeDefined();
  expect(dropping.messages()).toEqual(["Violation: sale: total is no number"]);
  const flagging = await start("schema-enforcer", { config: { schema, action: "flag" } });
  expect((await flagging.send("sale"))?.properties).toMatchObject({
    $plugins_failed: ["Schema enforcer (1)"],
  });
  expect(flagging.messages()[0]).toContain("Violation: sale: total is missing");
});
