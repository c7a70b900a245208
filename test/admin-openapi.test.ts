import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { openApiDocument } from "../src/admin/openapi/index.ts";
import { RetryError } from "../src/apps/errors.ts";
import { manifestSchema } from "../src/apps/manifest.ts";
import { defineApp } from "../src/apps/testing.ts";
import type { PluginEvent } from "../src/event.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

interface Document {
  components: { schemas: Record<string, object> };
  paths: Record<string, Record<string, { responses: Record<string, Described> }>>;
}
interface Described {
  content: { "application/json": { schema: { $ref?: string } } };
}
const document = openApiDocument() as Document;

const shop = defineApp(
  "shop",
  {
    processEvent: (event: PluginEvent) => ({ ...event, properties: { seen: true } }),
    onEvent: () => Promise.reject(new Error("the warehouse is down")),
    runEveryHour: () => {},
  },
  {
    manifest: manifestSchema.parse({
      config: [
        { key: "mode", type: "choice", choices: ["plain", "signed"], default: "plain" },
        { key: "prices", type: "attachment" },
      ],
    }),
  },
);
const stuck = defineApp(
  "stuck",
  { setupPlugin: () => Promise.reject(new RetryError("wait")), runEveryHour: () => {}, exportEvents() {} },
  { id: 2 },
);

const ANNA = "secret-of-anna";
let edge: TestGateway;
/** Ids of what there is. */
let known: { letter: string; event: string; replay: string };
beforeAll(async () => {
  edge = await startTestGateway({
    apps: [shop, stuck],
    settings: { ADMIN_TOKEN: `anna:${ANNA},ops:secret-of-ops:read`, EVENT_SAMPLES: "1" },
  });
  await edge.capture({ event: "a", distinct_id: "ada" }, { event: "b", distinct_id: "ada" });
  await edge.settle();
  const first = async (path: string) =>
    ((await (await send("GET", path)).json()) as { entries: { id: string }[] }).entries[0]?.id ?? "";
  const replayed = await send("POST", "deadletters/replay", { ids: ["none"] });
  known = {
    letter: await first("deadletters"),
    event: await first("events"),
    replay: ((await replayed.json()) as { id: string }).id,
  };
});
afterAll(() => edge.stop());

function send(method: string, path: string, body?: unknown, token = ANNA): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return fetch(`${edge.url}/admin/api/${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: text }),
  });
}

/** Holds an answer against what the document says of its status. */
async function hold(operation: string, answer: Response): Promise<void> {
  const [method = "", path = ""] = operation.split(" ");
  const described = document.paths[path]?.[method.toLowerCase()]?.responses[String(answer.status)];
  expect(described, `${operation} answers ${answer.status}`).toBeDefined();
  const { schema } = described?.content["application/json"] ?? { schema: {} };
  const { $ref, ...own } = schema;
  const meant = $ref === undefined ? own : document.components.schemas[$ref.split("/").at(-1) ?? ""];
  const parsed = z.fromJSONSchema(meant ?? {}).safeParse(await answer.json());
  expect(parsed.error?.issues ?? []).toEqual([]);
}

type Call = [operation: string, status: number, path: () => string, body?: unknown];
const calls: Call[] = [
  ["GET /apps", 200, () => "apps"],
  ["GET /apps/{plugin}", 200, () => "apps/shop"],
  ["GET /apps/{plugin}", 404, () => "apps/none"],
  ["GET /apps/{plugin}/health", 200, () => "apps/shop/health"],
  ["PATCH /apps/{plugin}", 200, () => "apps/shop", { config: { mode: "signed" } }],
  ["PATCH /apps/{plugin}", 400, () => "apps/shop", { config: { mode: "loud" } }],
  ["PATCH /apps/{plugin}", 413, () => "apps/shop", "x".repeat(1_000_001)],
  ["PUT /apps/{plugin}/attachments/{key}", 200, () => "apps/shop/attachments/prices?name=p.csv", "a;1"],
  ["PUT /apps/{plugin}/attachments/{key}", 400, () => "apps/shop/attachments/mode", "a;1"],
  ["DELETE /apps/{plugin}/attachments/{key}", 200, () => "apps/shop/attachments/prices"],
  ["POST /apps/{plugin}/test", 200, () => "apps/shop/test", {}],
  ["POST /apps/{plugin}/test", 400, () => "apps/shop/test", { event: 1 }],
  ["GET /apps.json", 200, () => "apps.json"],
  ["PUT /apps.json", 200, () => "apps.json", { apps: [{ plugin: "shop" }] }],
  ["PUT /apps.json", 400, () => "apps.json", { apps: [{ plugin: "none" }] }],
  ["GET /audit", 200, () => "audit"],
  ["GET /audit", 400, () => "audit?limit=0"],
  ["POST /apps/{plugin}/run", 202, () => "apps/shop/run", { task: "runEveryHour" }],
  ["POST /apps/{plugin}/run", 404, () => "apps/shop/run", { task: "runEveryDay" }],
  ["POST /apps/{plugin}/run", 409, () => "apps/stuck/run", { task: "runEveryHour" }],
  ["GET /apps/{plugin}/logs", 200, () => "apps/shop/logs"],
  ["GET /apps/{plugin}/state", 200, () => "apps/shop/state"],
  ["DELETE /apps/{plugin}/state", 200, () => "apps/shop/state"],
  ["GET /buffers", 200, () => "buffers"],
  ["DELETE /buffers/{plugin}", 200, () => "buffers/shop"],
  ["POST /buffers/{plugin}/flush", 202, () => "buffers/shop/flush"],
  ["POST /buffers/{plugin}/flush", 409, () => "buffers/stuck/flush"],
  ["GET /deadletters", 200, () => "deadletters"],
  ["GET /deadletters", 400, () => "deadletters?from=yesterday"],
  ["GET /deadletters/{id}", 200, () => `deadletters/${encodeURIComponent(known.letter)}`],
  ["GET /deadletters/{id}", 404, () => "deadletters/none"],
  ["GET /deadletters/replays/{id}", 200, () => `deadletters/replays/${known.replay}`],
  ["GET /deadletters/replays/{id}", 404, () => "deadletters/replays/none"],
  ["POST /deadletters/replay", 202, () => "deadletters/replay", { filter: {} }],
  ["POST /deadletters/replay", 400, () => "deadletters/replay", {}],
  ["POST /deadletters/replay", 404, () => "deadletters/replay?project=phc_none", { ids: ["a"] }],
  ["DELETE /deadletters", 200, () => "deadletters", { filter: {} }],
  ["GET /destinations", 200, () => "destinations"],
  ["POST /destinations/{hook}/resume", 200, () => "destinations/posthog/resume"],
  ["POST /destinations/{hook}/{plugin}/resume", 200, () => "destinations/onEvent/shop/resume"],
  ["POST /destinations/{hook}/{plugin}/resume", 404, () => "destinations/onEvent/none/resume"],
  ["GET /events", 200, () => "events"],
  ["GET /events/{id}", 200, () => `events/${known.event}`],
  ["GET /events/{id}", 404, () => "events/none"],
  ["GET /metrics", 200, () => "metrics"],
  ["GET /projects", 200, () => "projects"],
  ["GET /settings", 200, () => "settings"],
  ["GET /health", 200, () => "health"],
  ["GET /openapi.json", 200, () => "openapi.json"],
];

describe("what the API answers is as its document says", () => {
  test.each(calls)("%s: %i", async (operation, status, path, body) => {
    const answer = await send(operation.split(" ")[0] ?? "", path(), body);
    expect(answer.status).toBe(status);
    await hold(operation, answer);
  });

  test("of every operation", () => {
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const called = calls.filter(([, status]) => status < 300).map(([operation]) => operation);
    expect(called.toSorted()).toEqual(described.toSorted());
  });

  test("where the token is wrong or may only read, after too many wrong ones, and while Redis is away", async () => {
    await hold("GET /apps", await send("GET", "apps", undefined, "wrong"));
    const read = await send("PATCH", "apps/shop", { enabled: false }, "secret-of-ops");
    expect(read.status).toBe(403);
    await hold("PATCH /apps/{plugin}", read);
    edge.setRedisAway(true);
    const away = await send("GET", "deadletters");
    expect(away.status).toBe(503);
    await hold("GET /deadletters", away);
    for (let attempt = 0; attempt < 10; attempt += 1) await send("GET", "apps", undefined, "wrong");
    const waits = await send("GET", "apps");
    edge.setRedisAway(false);
    expect(waits.status).toBe(429);
    await hold("GET /apps", waits);
  });
});

test.each([
  ["POST", "apps", "GET"],
  ["DELETE", "apps/shop", "GET, PATCH"],
  ["GET", "apps/shop/run", "POST"],
  ["PATCH", "deadletters", "GET, DELETE"],
])("%s %s says which methods there are", async (method, path, allowed) => {
  edge.clock.set(edge.clock.now() + 3_600_000);
  const answer = await send(method, path);
  expect([answer.status, answer.headers.get("Allow")]).toEqual([405, allowed]);
  expect(await answer.json()).toEqual({ error: expect.stringContaining(`takes ${allowed}`) });
});
