import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { manifestSchema } from "../src/apps/manifest.ts";
import { defineApp } from "../src/apps/testing.ts";
import type { PluginEvent } from "../src/event.ts";
import type { ToldStory } from "../src/stories/read.ts";
import { createVisitor, partOf, textOf } from "./admin.fixture.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

const ADMIN_TOKEN = "anna:secret-of-anna,ops:secret-of-ops:read";

let edge: TestGateway;
let isBroken: boolean;
beforeEach(() => {
  isBroken = true;
});
afterEach(() => edge.stop());

async function start(
  apps: Parameters<typeof startTestGateway>[0]["apps"],
  settings: Record<string, string> = {},
) {
  edge = await startTestGateway({ apps, settings: { ADMIN_TOKEN, EVENT_SAMPLES: "1", ...settings } });
  const visitor = createVisitor(edge.url);
  await visitor.logIn("secret-of-anna");
  return visitor;
}

const event = (name: string, more: Record<string, unknown> = {}) => ({
  event: name,
  distinct_id: "ada",
  ...more,
});
async function api<Body>(path: string, body?: unknown): Promise<Body> {
  const answer = await fetch(`${edge.url}/admin/api/${path}`, {
    headers: { Authorization: "Bearer secret-of-anna" },
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
  });
  return (await answer.json()) as Body;
}
const replayAll = () => api<{ replayed: number }>("deadletters/replay", { filter: {} });

const shaky = (plugin: string, id = 1) =>
  defineApp(
    plugin,
    {
      onEvent() {
        if (isBroken) throw new Error(`${plugin} is broken`);
      },
    },
    { id },
  );

describe("an app's page", () => {
  test("lists its own dead letters with their number and the way to all of them", async () => {
    const visitor = await start([shaky("shaky"), shaky("other", 2)]);
    await edge.capture(...Array.from({ length: 7 }, (_, n) => event(`e${n}`)));
    await edge.settle();
    const letters = partOf(await textOf(visitor.get("/admin/apps/shaky")), "letters");
    expect(letters.match(/shaky is broken/g)).toHaveLength(5);
    expect(letters).not.toContain("other is broken");
    expect(letters).toMatch(
      new RegExp(`href="/admin/dead-letters\\?project=${edge.token}&amp;plugin=shaky">All 7<`),
    );
  });

  test("shows the last error of each hook, of those without counts too", async () => {
    const failing = defineApp("failing", {
      processEvent() {
        throw new Error("in the chain");
      },
      onEvent() {
        throw new Error("at the end");
      },
      setupPlugin() {},
    });
    const visitor = await start([failing]);
    await edge.capture(event("e"));
    await edge.settle();
    const summary = partOf(await textOf(visitor.get("/admin/apps/failing")), "summary");
    expect(summary).toMatch(/processEvent.*in the chain.*onEvent.*at the end/s);
  });

  test("takes a recent event for a trial as it came to the app, and keeps what was entered", async () => {
    const tag = defineApp("tag", {
      processEvent: (entered: PluginEvent) => ({ ...entered, properties: { ...entered.properties, tag: 1 } }),
    });
    const last = defineApp("last", { processEvent: (entered: PluginEvent) => entered }, { id: 2 });
    const visitor = await start([tag, last]);
    await edge.capture(event("bought", { properties: { price: 7 } }));
    await edge.settle();
    const page = await textOf(visitor.get("/admin/apps/last"));
    const [, id = "", label] = /<option value="([^"]+)" data-clock="[^"]+">([^<]+)</.exec(page) ?? [];
    expect(label).toMatch(/^\d\d:\d\d UTC bought · ada$/);
    const proof = await visitor.proofOn("/admin/apps/last");
    const taken = await textOf(
      visitor.post("/admin/apps/last/try", { recent: id, take: "1", event: "{}", proof }),
    );
    const sample = /<textarea[^>]*name="event"[^>]*>(.*?)<\/textarea>/s.exec(taken)?.[1] ?? "";
    expect(JSON.parse(sample.replaceAll("&quot;", '"'))).toMatchObject({
      event: "bought",
      properties: { price: 7, tag: 1 },
    });
    const linked = await textOf(visitor.get(`/admin/apps/tag?event=${id}`));
    expect(linked).toContain("&quot;price&quot;: 7");
    expect(linked).not.toContain("&quot;tag&quot;: 1");
    const gone = { recent: "0190f0a0-0000-7000-8000-00000000ffff", take: "1", proof };
    expect((await visitor.post("/admin/apps/last/try", gone)).status).toBe(400);
  });
});

describe("the overview", () => {
  test("counts all dead letters of each destination, those behind 500 newer ones too", async () => {
    const visitor = await start([shaky("shaky"), shaky("rare", 2)]);
    edge.posthog.answerWith(() => new Response("no", { status: 400 }));
    await edge.capture(event("refused"));
    await edge.settle();
    edge.posthog.answerWith(() => Response.json({ status: "Ok" }));
    edge.restart([shaky("shaky")]);
    await edge.advance(60_000);
    for (let request = 0; request < 2; request += 1) {
      await edge.capture(...Array.from({ length: 260 }, (_, n) => event(`e${request} ${n}`)));
      await edge.settle();
    }
    const counted = async () =>
      [...partOf(await textOf(visitor.get("/admin")), "attention").matchAll(/>([\d,]+ dead letters?)</g)]
        .map(([, text]) => text)
        .toSorted();
    expect(await counted()).toEqual(["1 dead letter", "1 dead letter", "521 dead letters"]);
    isBroken = false;
    expect(await replayAll()).toMatchObject({ replayed: 500 });
    await edge.settle();
    expect(await counted()).toEqual(["1 dead letter"]);
    await fetch(`${edge.url}/admin/api/deadletters`, {
      method: "DELETE",
      headers: { Authorization: "Bearer secret-of-anna" },
      body: JSON.stringify({ filter: {} }),
    });
    expect(await counted()).toEqual([]);
    expect(await edge.redisCommand("KEYS", "dead:*")).toEqual([]);
  });

  test("puts dead letters and degraded apps first while they wait, and no longer", async () => {
    const visitor = await start([shaky("shaky")]);
    await edge.capture(event("lost"));
    await edge.settle();
    const attention = partOf(await textOf(visitor.get("/admin")), "attention");
    expect(attention).toMatch(/1 dead letter<.*degraded</s);
    expect(attention).toContain(
      `href="/admin/dead-letters?project=${edge.token}&amp;plugin=shaky&amp;hook=onEvent"`,
    );
    isBroken = false;
    expect(await replayAll()).toMatchObject({ replayed: 1 });
    await edge.settle();
    await edge.advance(3 * 3_600_000);
    const html = await textOf(visitor.get("/admin"));
    expect(partOf(html, "attention")).toContain("All is well");
    expect(partOf(html, "traffic")).toMatch(/Dead<\/dt><dd><strong>0</);
    const figures =
      partOf(html, "destinations")
        .split("</tr>")
        .find((row) => row.includes("shaky")) ?? "";
    expect([...figures.matchAll(/<span[^>]*>(\d+)</g)].map(([, figure]) => Number(figure))).toEqual([
      1, 1, 0, 0, 0, 0,
    ]);
  });
});

test("the API tells what the pages do: how an app does, the projects, the settings and what answers", async () => {
  await start([shaky("shaky")], { PROJECT_TOKENS: "phc_test,phc_shop", PAUSED_PROJECTS: "phc_shop" });
  await edge.capture(event("lost"));
  await edge.settle();
  expect(await api(`apps/shaky/health?project=${edge.token}`)).toMatchObject({
    state: "degraded",
    hooks: [{ hook: "onEvent", processed: 0, failed: 1 }],
    errors: [{ hook: "onEvent", message: expect.stringContaining("shaky is broken") }],
  });
  expect(await api("projects")).toEqual({
    any: false,
    entries: [
      { project: "phc_test", paused: false },
      { project: "phc_shop", paused: true },
    ],
  });
  const { entries: settings } = await api<{ entries: object[] }>("settings");
  expect(settings).toContainEqual({ name: "QSTASH_TOKEN", value: "set, hidden", from: "set" });
  const { entries: health } = await api<{ entries: { name: string; state: string }[] }>("health");
  expect(health.map(({ name, state }) => `${name} ${state}`)).toEqual([
    "Redis up",
    "QStash up",
    "PostHog up",
  ]);
});

test("a refusal names each field that is at fault", async () => {
  const manifest = manifestSchema.parse({
    config: [{ key: "region", type: "choice", choices: ["eu", "us"] }],
  });
  await start([defineApp("store", {}, { manifest })]);
  const answer = await fetch(`${edge.url}/admin/api/apps/store`, {
    method: "PATCH",
    headers: { Authorization: "Bearer secret-of-anna" },
    body: JSON.stringify({ config: { region: "asia" } }),
  });
  expect([answer.status, await answer.json()]).toEqual([
    400,
    {
      error: 'config.region: "asia" is not one of "eu", "us"',
      faults: [{ field: "config.region", why: '"asia" is not one of "eu", "us"' }],
    },
  ]);
  expect(await api("deadletters?limit=0&colour=red")).toMatchObject({
    faults: [{ field: "limit" }, { field: "colour" }],
  });
});

test("the audit list says which dead letters were replayed, and leads to how far that is", async () => {
  const visitor = await start([shaky("shaky")]);
  await edge.capture(event("lost"));
  await edge.settle();
  const { id } = await api<{ id: string }>("deadletters/replay", { filter: { plugin: "shaky" } });
  const html = await textOf(visitor.get("/admin/audit"));
  expect(html).toMatch(new RegExp(`href="/admin/dead-letters/replays/${id}">replayed 1 dead letters<`));
  expect(html).toContain("plugin: shaky");
  expect(await textOf(visitor.get(`/admin/dead-letters/replays/${id}`))).toContain("Letters sent on");
});

test("a dead letter leads to the story of its event", async () => {
  const visitor = await start([shaky("shaky")]);
  await edge.capture(event("lost"));
  await edge.settle();
  const { entries } = await api<{ entries: { id: string }[] }>("deadletters");
  const html = await textOf(visitor.get(`/admin/dead-letters/${encodeURIComponent(entries[0]?.id ?? "")}`));
  const [, path = ""] = /href="(\/admin\/events\/[^"]+)"/.exec(html) ?? [];
  expect(await textOf(visitor.get(path))).toContain("dead letter: shaky · onEvent");
});

test("a trial is on the audit list where its requests were really made", async () => {
  const visitor = await start([shaky("shaky")]);
  await api("apps/shaky/test", {});
  expect(await textOf(visitor.get("/admin/audit"))).not.toContain("tried it");
  await api("apps/shaky/test", { send: true });
  expect(await textOf(visitor.get("/admin/audit"))).toContain("tried it, with its requests sent");
});

test("a replayed dead letter goes on with the event's story", async () => {
  const visitor = await start([shaky("shaky")]);
  await edge.capture(event("lost"));
  await edge.settle();
  await replayAll();
  await edge.advance(60_000);
  isBroken = false;
  await replayAll();
  await edge.settle();
  const { entries } = await api<{ entries: Pick<ToldStory, "id" | "deliveries">[] }>("events");
  const attempts = entries[0]?.deliveries.filter(({ plugin }) => plugin === "shaky");
  expect(attempts?.map(({ outcome, replays }) => [outcome, replays])).toEqual([
    ["dead", undefined],
    ["dead", 1],
    ["delivered", 2],
  ]);
  const html = await textOf(visitor.get(`/admin/events/${entries[0]?.id}?project=${edge.token}`));
  expect(html).toContain("replay 2");
  expect(html).toContain(`/admin/dead-letters?project=${edge.token}&amp;plugin=shaky&amp;hook=onEvent`);
  expect(partOf(html, "verdict")).toContain("delivered");
});

describe("live events", () => {
  test("are all seen while a person watches a project without apps, in every isolate", async () => {
    const visitor = await start([]);
    const another = await edge.isolate();
    await visitor.get("/admin/events");
    await another.capture(event("asks Redis"));
    await edge.settle();
    for (const n of [1, 2, 3]) await another.capture(event(`watched ${n}`));
    await edge.settle();
    expect((await textOf(visitor.get("/admin/events"))).match(/>watched \d</g)).toHaveLength(3);
  });

  test("of any project can be asked for where any is served, also before it has sent something", async () => {
    const visitor = await start([], { PROJECT_TOKENS: "*" });
    expect(await textOf(visitor.get("/admin/events"))).toContain('name="project"');
    const path = "/admin/events?project=phc_new";
    expect(await textOf(visitor.get(path))).toContain("No events to show");
    const another = await edge.isolate();
    const send = (url: string, name: string) =>
      fetch(`${url}/e/`, { method: "POST", body: JSON.stringify({ api_key: "phc_new", ...event(name) }) });
    await send(another.url, "first");
    await edge.settle();
    await send(another.url, "second");
    await edge.settle();
    expect((await textOf(visitor.get(path))).match(/>(first|second)</g)).toHaveLength(2);
  });
});
