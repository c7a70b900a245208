import { describe, expect, test } from "vitest";
import { deploy, type Deployment } from "../cases/deploy.ts";
import { published } from "./published.ts";

/** Deploys one published app with its configuration. */
async function start(name: string, config: object): Promise<Deployment> {
  return deploy({ [name]: await published(name) }, { listings: { [name]: { config } } });
}
const errors = (edge: Deployment) => edge.log.filter(({ level }) => level === "ERROR");

describe("crm-poller", () => {
  const contacts = [1, 2, 3].map((n) => ({
    id: `c${n}`,
    email: `c${n}@example.com`,
    created_at: 1e9 + n,
    plan: null,
  }));

  async function poll(token = () => Response.json({ access_token: "t" })): Promise<Deployment> {
    const config = { host: "HOOK", username: "me", password: "pw", debugLogging: "Yes" };
    const edge = await start("crm-poller", config);
    edge.hook.answerWith(({ path }) => {
      if (path === "/token") return token();
      const after = new URL(path, "http://crm").searchParams.get("after");
      const from = after === null ? 0 : contacts.findIndex(({ id }) => id === after) + 1;
      const results = contacts.slice(from, from + 2);
      const isLast = from + 2 >= contacts.length;
      return Response.json({ results, ...(isLast ? {} : { next: results.at(-1)?.id }) });
    });
    return edge;
  }

  test("brings every contact once, page by page, and goes on from where it was", async () => {
    const edge = await poll();
    await edge.tick();
    expect(edge.delivered()).toMatchObject(
      contacts.map(({ email, created_at: created }) => ({
        event: "crm contact",
        distinct_id: email,
        timestamp: new Date(created * 1000).toISOString(),
        properties: { $set: { plan: null, email } },
      })),
    );
    edge.restart();
    await edge.tick();
    expect(edge.delivered()).toHaveLength(3);
    const asked = edge.hook.requests.map(({ path }) => path);
    expect(asked).toEqual([
      "/token",
      "/contacts?limit=2",
      "/contacts?limit=2&after=c2",
      "/token",
      "/contacts?limit=2&after=c3",
    ]);
    expect(edge.hook.requests[0]?.headers["authorization"]).toBe(`Basic ${btoa("me:pw")}`);
    expect(errors(edge)).toEqual([]);
  });

  test("is disabled by credentials that are refused, and waits for a CRM that is down", async () => {
    const refused = await poll(() => new Response("who?", { status: 401 }));
    await refused.tick();
    expect(refused.messages().join()).toContain("Unable to authenticate: 401 who?");
    expect(refused.messages().join()).toContain("Disabled the app!");
    const down = await poll(() => new Response("", { status: 503 }));
    await down.tick();
    expect(down.messages().join()).toContain(
      "RetryError (attempt 1/6): The CRM answered 503. Retrying in 5 s...",
    );
  });
});

describe("bucket-exporter", () => {
  const exporter = (config: object = {}) =>
    start("bucket-exporter", { bucketUrl: "HOOK", prefix: "events/", ...config });

  test("uploads lines of JSON into a folder of the day", async () => {
    const edge = await exporter({ eventsToIgnore: "noise, other" });
    for (const event of ["a", "noise", "b"]) await edge.send(event);
    await edge.advance(10_000);
    expect(edge.hook.requests).toMatchObject([
      {
        method: "PUT",
        path: "/events/2036-03-01/20360301-16.jsonl",
        headers: {
          "content-type": "application/x-ndjson",
          "x-batch": expect.stringMatching(/^[\da-f]{32}$/),
        },
      },
    ]);
    const lines = edge.hook.requests[0]?.body
      .split("\n")
      .map((line) => (JSON.parse(line) as { event: string }).event);
    expect(lines).toEqual(["a", "b"]);
    expect(edge.messages()).toEqual(["Uploaded 2 events"]);
  });

  test("tries a failed batch again by jobs of its own, and gives up in the end", async () => {
    const edge = await exporter();
    const times: number[] = [];
    edge.hook.answerWith(() => {
      times.push(edge.clock.now() / 1000);
      return new Response("slow down", { status: 503 });
    });
    await edge.send("a");
    await edge.advance(100_000);
    expect(times.map((time) => time - (times[0] ?? 0))).toEqual([0, 3, 9, 21]);
    expect(new Set(edge.hook.requests.map(({ body }) => body)).size).toBe(1);
    expect(edge.messages().at(-1)).toMatch(/^Gave up on batch/);
    expect(await edge.deadLetters()).toEqual([]);
  });

  test("packs what it uploads when it is told to", async () => {
    const edge = await exporter({ compression: "gzip" });
    await edge.send("a");
    await edge.advance(10_000);
    // The signature of gzip, as far as it is text.
    expect(edge.hook.requests[0]?.body.startsWith("\u001f\ufffd")).toBe(true);
    expect(edge.messages()).toEqual(["Uploaded 1 event"]);
  });
});

describe("messenger", () => {
  const messenger = (config: object = {}) =>
    start("messenger", { host: "HOOK", siteId: "s", token: "t", ...config });
  const asked = (edge: Deployment) => edge.hook.requests.map(({ method, path }) => `${method} ${path}`);

  test("makes a person known once, and sends their events", async () => {
    const edge = await messenger();
    await edge.send("sale", { properties: { total: 5 }, $set: { email: "a@example.com" } });
    await edge.send("visit");
    await edge.send("$pageview");
    expect(asked(edge)).toEqual([
      "GET /accounts/region",
      "PUT /customers/u1",
      "POST /customers/u1/events",
      "POST /customers/u1/events",
    ]);
    expect(edge.hook.requests[1]?.json).toEqual({
      email: "a@example.com",
      created_at: Date.UTC(2036, 2, 1, 10, 0, 30) / 1000,
    });
    expect(edge.hook.requests[2]).toMatchObject({
      json: { name: "sale", data: { total: 5 } },
      headers: { authorization: `Basic ${btoa("s:t")}` },
    });
  });

  test("knows people by their e-mail address when told to, and says which event had none", async () => {
    const edge = await messenger({ identifyByEmail: "Yes" });
    await edge.send("visit", { properties: { email: "a b@example.com" } });
    await edge.send("visit");
    expect(asked(edge)).toContain("PUT /customers/a%20b%40example.com");
    expect(edge.messages().at(-1)).toMatch(/^no id 0190f0a0/);
  });

  test("sends again what was too much at the time", async () => {
    const edge = await messenger();
    let busy = 2;
    edge.hook.answerWith(
      ({ path }) => new Response("", { status: path.endsWith("/events") && busy-- > 0 ? 429 : 200 }),
    );
    await edge.send("visit");
    await edge.advance(60_000);
    expect(asked(edge).filter((request) => request.endsWith("/events"))).toHaveLength(3);
    expect(await edge.deadLetters()).toEqual([]);
  });
});

test("chat-webhook writes a message for the events that it is to write for", async () => {
  const edge = await start("chat-webhook", { url: "HOOK", triggerOn: "sale, refund" });
  await edge.send("visit");
  await edge.send("refund", { distinct_id: "<a&b>" });
  expect(edge.hook.requests).toMatchObject([
    {
      method: "POST",
      headers: { "content-type": "application/json", "x-team": expect.stringMatching(/^\d+$/) },
      json: { text: "&lt;a&amp;b&gt; did refund at 2036-03-01T10:00:30.000Z" },
    },
  ]);
});

test("many published apps in one chain do what each promises", async () => {
  const names = ["ip-privacy", "url-language", "taxonomy", "session-tracker", "user-agent", "downsampler"];
  const folders = await Promise.all(names.map(async (name) => [name, await published(name)] as const));
  const edge = await deploy(Object.fromEntries(folders));
  await edge.send("Order Placed", {
    properties: { $current_url: "https://a.example/fr/x", email: "a@example.com" },
  });
  expect(edge.delivered().find(({ event }) => event === "order_placed")?.properties).toMatchObject({
    language: "fr",
    $original_name: "Order Placed",
    is_session_start: true,
    email: expect.stringMatching(/^[\da-f]{64}$/),
    $plugins_failed: [],
  });
  expect(errors(edge)).toEqual([]);
});
