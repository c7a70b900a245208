import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { manifestSchema } from "../src/apps/manifest.ts";
import { defineApp } from "../src/apps/testing.ts";
import type { PluginEvent } from "../src/event.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

const PLACEHOLDER = "**************** POSTHOG SECRET FIELD ****************";
const SECRETS_KEY = Buffer.alloc(32, 7).toString("base64");
const e = { event: "e", distinct_id: "u1" };

interface Meta {
  config: Record<string, string>;
  attachments: Record<string, { file_name: string; content_type: string; contents: Buffer }>;
  cache: { set(key: string, value: unknown): Promise<void>; get(key: string): Promise<unknown> };
  jobs: Record<string, (payload: unknown) => { runNow(): Promise<void> }>;
}

const shop = defineApp(
  "shop",
  {},
  {
    name: "Shop",
    manifest: manifestSchema.parse({
      name: "Shop",
      config: [
        { key: "mode", type: "choice", choices: ["plain", "signed"], default: "plain", required: true },
        { key: "apiKey", name: "API key", secret: true, required_if: [["mode", "signed"]] },
        { key: "rules", type: "json" },
        { key: "prices", type: "attachment" },
        { key: "keyFile", type: "attachment", secret: true },
      ],
      publicJobs: { refresh: { payload: {} } },
    }),
    config: { mode: "plain" },
    createApp(host) {
      const {
        console: log,
        fetch: send,
        posthog,
      } = host as never as {
        console: Console;
        fetch: typeof fetch;
        posthog: { capture(event: string): Promise<void> };
      };
      const exports = {
        async processEvent(event: PluginEvent, { config, attachments, cache, jobs }: Meta) {
          if (event.event === "noise") return null;
          log.log(`seen ${event.event} with ${config["apiKey"]}`);
          await cache.set("last", event.event);
          if (event.event === "order") {
            await send(`https://shop.example/orders?key=${config["apiKey"]}`, { method: "post", body: "{}" });
            await posthog.capture("order seen");
            await jobs["refresh"]?.({ n: 1 }).runNow();
          }
          const files = Object.entries(attachments).map(([key, { contents }]) => `${key}=${contents}`);
          event.properties = {
            ...event.properties,
            mode: config["mode"],
            files,
            last: await cache.get("last"),
          };
          return event;
        },
        onEvent(event: PluginEvent) {
          if (event.event === "bad") throw new Error("no such order");
        },
        jobs: { refresh() {} },
      };
      return { exports, defaultExport: undefined, moduleExports: {}, topLevel: {} };
    },
  },
);
const mark = (plugin: string, id: number) =>
  defineApp(
    plugin,
    {
      processEvent(event: PluginEvent) {
        const way = [...((event.properties?.["way"] as string[]) ?? []), plugin];
        return { ...event, properties: { ...event.properties, way } };
      },
    },
    { id },
  );

let edge: TestGateway;
beforeEach(async () => {
  const ordered = [{ ...shop, id: 1 }, mark("second", 2), mark("third", 3)];
  edge = await startTestGateway({ apps: ordered, settings: { SECRETS_KEY } });
});
afterEach(() => edge.stop());

type Answer = Record<string, never> & { status: number };
async function call(path: string, method = "GET", body?: unknown): Promise<Answer> {
  const answer = await edge.admin(path, { method, body });
  return Object.assign((await answer.json()) as Answer, { status: answer.status });
}
async function upload(key: string, content: BodyInit, type = "text/csv"): Promise<Answer> {
  const answer = await fetch(`${edge.url}/admin/api/apps/shop/attachments/${key}?name=${key}.csv`, {
    method: "PUT",
    headers: { Authorization: `Bearer ${edge.adminToken}`, ...(type ? { "Content-Type": type } : {}) },
    body: content,
  });
  return Object.assign((await answer.json()) as Answer, { status: answer.status });
}
async function properties(event: object = e): Promise<Record<string, unknown>> {
  await edge.capture({ ...event });
  await edge.settle();
  return edge.delivered().at(-1)?.properties ?? {};
}

describe("a file uploaded for a field", () => {
  test("reaches the app, here and in other isolates, and goes back to apps.json when deleted", async () => {
    const told = await upload("prices", "a;1");
    expect(told["attachments"]).toContainEqual(
      expect.objectContaining({ key: "prices", file: "prices.csv", bytes: 3, from: "admin" }),
    );
    expect(await properties()).toMatchObject({ files: ["prices=a;1"] });
    edge.restart();
    expect(await properties()).toMatchObject({ files: ["prices=a;1"] });
    await call("apps/shop/attachments/prices", "DELETE");
    expect(await properties()).toMatchObject({ files: [] });
  });

  test("comes by a form as well, in parts when it is large, and whole", async () => {
    const content = Buffer.alloc(1_600_000, "0123456789abcdef");
    const form = new FormData();
    form.set("file", new File([content], "prices 2036.csv", { type: "text/csv" }));
    const told = await upload("prices", form, "");
    expect(told["attachments"]).toContainEqual(
      expect.objectContaining({ file: "prices 2036.csv", bytes: 1_600_000 }),
    );
    const { files } = (await properties()) as { files: string[] };
    expect(files[0] === `prices=${content}`).toBe(true);
    expect(await edge.redisCommand("KEYS", "app:phc_test:shop:attachment:*")).toHaveLength(3);
  });

  test("leaves nothing behind: what it replaces goes a day later", async () => {
    await upload("prices", "a;1");
    const [first] = (await edge.redisCommand("KEYS", "*:attachment:*")) as string[];
    await upload("prices", "a;2");
    await edge.settle();
    expect(await edge.redisCommand("TTL", String(first))).toBe(86_400);
    expect(await properties()).toMatchObject({ files: ["prices=a;2"] });
  });

  test("is sealed in Redis where the field is secret", async () => {
    await upload("keyFile", "-----BEGIN KEY-----");
    const [key] = (await edge.redisCommand("KEYS", "*:attachment:*")) as string[];
    const stored = String(await edge.redisCommand("GET", String(key)));
    expect(stored).not.toContain(Buffer.from("-----BEGIN KEY-----").toString("base64"));
    expect(await properties()).toMatchObject({ files: ["keyFile=-----BEGIN KEY-----"] });
  });

  test("is refused with the field's path when there is no such field, nothing in it, or too much", async () => {
    expect(await upload("mode", "x")).toMatchObject({
      status: 400,
      error: expect.stringContaining("attachments.mode"),
    });
    expect(await upload("prices", "")).toMatchObject({
      status: 400,
      error: expect.stringContaining("empty"),
    });
    const answer = await upload("prices", Buffer.alloc(10_000_001)).catch(() => null);
    expect(answer).toMatchObject({ status: 400, error: expect.stringContaining("10000000") });
  });
});

describe("values", () => {
  test.for([
    ["mode", "other", "is not one of"],
    ["rules", "{not json", "is not JSON"],
    ["prices", "text", "is a file"],
  ])("that do not fit %s are refused", async ([key = "", value, why]) => {
    const answer = await call("apps/shop", "PATCH", { config: { [key]: value } });
    expect(answer).toMatchObject({ status: 400, error: expect.stringContaining(`config.${key}: `) });
    expect(answer["error"]).toContain(why);
  });

  test("that others make required have to be there while the app is enabled", async () => {
    const refused = await call("apps/shop", "PATCH", { config: { mode: "signed" } });
    expect(refused).toMatchObject({ status: 400, error: expect.stringContaining("config.apiKey") });
    const taken = await call("apps/shop", "PATCH", { config: { mode: "signed", apiKey: "k3y-of-the-shop" } });
    expect(taken.status).toBe(200);
    const cleared = await call("apps/shop", "PATCH", { config: { apiKey: "" } });
    expect(cleared.status).toBe(400);
  });
});

describe("a trial", () => {
  const trial = (body: object) => call("apps/shop/test", "POST", body);

  test("tells what the app makes of an event, logs and sends, and delivers and keeps nothing", async () => {
    const before = await edge.redisCommand("KEYS", "*");
    const result = await trial({ event: { event: "order", distinct_id: "u1", properties: { price: 5 } } });
    await edge.settle();
    expect(result).toMatchObject({
      status: 200,
      dropped: false,
      entered: { event: "order", properties: { price: 5 } },
      result: { event: "order", properties: { price: 5, mode: "plain", last: "order" } },
      hooks: [{ hook: "processEvent" }, { hook: "onEvent" }],
      requests: [
        { method: "POST", url: "https://shop.example/orders?key=undefined", body: "{}", sent: false },
      ],
      captured: [{ event: "order seen" }],
      jobs: [{ job: "refresh", payload: { n: 1 } }],
    });
    expect(result["logs"]).toMatchObject([{ level: "LOG", message: "seen order with undefined" }]);
    expect(edge.delivered()).toEqual([]);
    expect(edge.log).toEqual([]);
    expect(await edge.redisCommand("KEYS", "*")).toEqual(before);
  });

  test("tells of events that are dropped, and of what fails after the chain", async () => {
    expect(await trial({ event: { event: "noise" } })).toMatchObject({ dropped: true, result: null });
    const { hooks } = await trial({ event: { event: "bad" } });
    expect(hooks).toEqual([
      { hook: "processEvent" },
      { hook: "onEvent", error: expect.stringContaining("no such order") },
    ]);
  });

  test("takes values that are not saved, and shows no secret", async () => {
    await call("apps/shop", "PATCH", { config: { apiKey: "k3y-of-the-shop" } });
    const saved = await trial({ event: { event: "order" }, config: { mode: "signed" } });
    expect(saved).toMatchObject({ result: { properties: { mode: "signed" } } });
    expect(JSON.stringify(saved)).not.toContain("k3y-of-the-shop");
    expect(saved["logs"]).toMatchObject([{ message: "seen order with [secret]" }]);
    const draft = await trial({ event: { event: "order" }, config: { apiKey: "an0ther-key" } });
    expect(JSON.stringify(draft)).not.toContain("an0ther-key");
    expect(await properties()).toMatchObject({ mode: "plain" });
  });

  test("really sends only when asked to", async () => {
    const { url } = edge.posthog;
    const app = defineApp(
      "sender",
      {},
      {
        createApp: ({ fetch: send }) => ({
          exports: { onEvent: () => (send as typeof fetch)(`${url}/orders`, { method: "POST", body: "x" }) },
          defaultExport: undefined,
          moduleExports: {},
          topLevel: {},
        }),
      },
    );
    edge.restart([app]);
    await call("apps/sender/test", "POST", { event: e });
    expect(edge.posthog.requests).toHaveLength(0);
    const sent = await call("apps/sender/test", "POST", { event: e, send: true });
    expect(sent["requests"]).toMatchObject([{ sent: true, status: 200, body: "x", hook: "onEvent" }]);
    expect(edge.posthog.requests).toHaveLength(1);
  });
});

describe("the audit list", () => {
  test("says who did what when, newest first, without a secret", async () => {
    await call("apps/shop", "PATCH", { config: { apiKey: "k3y-of-the-shop", rules: "[]" } });
    await call("apps/shop", "PATCH", { enabled: false });
    await upload("prices", "a;1");
    const { entries, cursor } = (await call("audit?limit=2")) as never as {
      entries: object[];
      cursor: number;
    };
    expect(entries).toMatchObject([
      {
        who: "admin",
        what: "configured",
        plugin: "shop",
        details: ["attachments.prices: prices.csv, 3 bytes"],
      },
      { what: "disabled", project: "phc_test", details: ["enabled: true → false"] },
    ]);
    const rest = await call(`audit?cursor=${cursor}`);
    expect(rest).toMatchObject({
      cursor: null,
      entries: [{ details: ["config.rules: null → []", "config.apiKey: a new secret"] }],
    });
    expect(JSON.stringify(await edge.redisCommand("LRANGE", "admin:audit", "0", "-1"))).not.toContain(
      "k3y-of",
    );
  });

  test("keeps the latest thousand", async () => {
    await edge.redisCommand("RPUSH", "admin:audit", ...Array.from({ length: 1000 }, () => "{}"));
    await call("apps/shop", "PATCH", { enabled: false });
    expect(await edge.redisCommand("LLEN", "admin:audit")).toBe(1000);
  });
});

describe("apps as a file", () => {
  test("hold what was changed, in the chain's order, without secrets; taken back they change nothing", async () => {
    await call("apps/shop", "PATCH", { config: { apiKey: "k3y-of-the-shop", mode: "signed" }, order: 2.5 });
    const file = await call("apps.json");
    expect(file["apps"]).toEqual([
      { plugin: "second" },
      { plugin: "shop", config: { mode: "signed", apiKey: PLACEHOLDER } },
      { plugin: "third" },
    ]);
    const { status: _, ...body } = file;
    const { entries } = await call("audit");
    expect(await call("apps.json", "PUT", body)).toEqual({ ...body, status: 200 });
    expect(await properties()).toMatchObject({ mode: "signed" });
    expect((await call("audit"))["entries"]).toEqual(entries);
  });

  test("hold a default that was set over apps.json, so that it is there when they are taken back", async () => {
    const manifest = manifestSchema.parse({ config: [{ key: "tone", default: "soft" }] });
    edge.restart([defineApp("tuned", {}, { manifest, config: { tone: "loud" } })]);
    await call("apps/tuned", "PATCH", { config: { tone: "soft" } });
    const { status: _, ...body } = await call("apps.json");
    expect(body).toEqual({ apps: [{ plugin: "tuned", config: { tone: "soft" } }] });
    await call("apps.json", "PUT", body);
    expect((await call("apps/tuned"))["config"]).toMatchObject([{ key: "tone", value: "soft" }]);
  });

  test("bring order, configuration and what is enabled", async () => {
    const body = {
      apps: [
        { plugin: "third" },
        { plugin: "second", enabled: false },
        { plugin: "shop", config: { rules: "[1]" } },
      ],
    };
    expect((await call("apps.json", "PUT", body)).status).toBe(200);
    expect(await properties()).toMatchObject({ way: ["third"] });
    const { apps } = (await call("apps.json")) as never as { apps: { plugin: string }[] };
    expect(apps.map(({ plugin }) => plugin)).toEqual(["third", "second", "shop"]);
    const unknown = await call("apps.json", "PUT", { apps: [{ plugin: "nowhere" }] });
    expect(unknown).toMatchObject({ status: 400, error: expect.stringContaining("apps.0.plugin") });
  });

  test.each([
    [
      "apps.1.config.mode",
      [
        { plugin: "second", enabled: false },
        { plugin: "shop", config: { mode: "loud" } },
      ],
    ],
    [
      "apps.1.config.apiKey",
      [
        { plugin: "second", enabled: false },
        { plugin: "shop", config: { mode: "signed" } },
      ],
    ],
    ["apps.1.plugin", [{ plugin: "second", enabled: false }, { plugin: "second" }]],
  ])("change nothing where %s is at fault", async (field, apps) => {
    const before = await call("apps.json");
    expect(await call("apps.json", "PUT", { apps })).toMatchObject({ status: 400, faults: [{ field }] });
    expect(await call("apps.json")).toEqual(before);
  });
});
