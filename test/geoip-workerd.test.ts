import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Miniflare } from "miniflare";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { bundleWorker, compatibility } from "../src/commands/bundle.ts";
import { compile } from "../src/compiler/index.ts";
import { writeMmdb } from "../src/geoip/mmdb.fixture.ts";
import { startStack, type Stack } from "../src/local/stack.ts";
import { modulesBeside, startWorker } from "../src/local/workerd.ts";
import { type Recorder, startRecorder } from "./recorder.ts";

const LONDON = "81.2.69.160";
const cities = writeMmdb({ [LONDON]: { city: { names: { en: "London" } } } });

let directory: string;
let stack: Stack;
let hook: Recorder;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "edgehog-geoip-"));
  stack = await startStack();
  hook = await startRecorder();
  await compile({
    pluginsDirectory: new URL("geoip-app", import.meta.url).pathname,
    outDirectory: join(directory, "registry"),
  });
});
afterAll(async () => {
  await Promise.all([stack.stop(), hook.stop()]);
  await rm(directory, { recursive: true });
});

const settings = () => ({
  ...stack.env,
  PROJECT_TOKENS: "phc_test",
  PUBLIC_URL: "http://127.0.0.1:1",
  HOOK_URL: hook.url,
});

/** What the app says of an address, sent in an event. */
async function located(send: (body: string) => Promise<{ status: number }>): Promise<unknown> {
  hook.requests.length = 0;
  const event = { api_key: "phc_test", event: "e", distinct_id: "u1", properties: { $ip: LONDON } };
  expect((await send(JSON.stringify(event))).status).toBe(200);
  return hook.requests[0]?.json;
}

test("a Worker locates addresses in the database that was bundled with it", async () => {
  const file = join(directory, "GeoLite2-City.mmdb");
  await writeFile(file, cities);
  const bundle = await bundleWorker(
    join(directory, "bundled"),
    join(directory, "registry/registry.js"),
    file,
  );
  const worker = await startWorker({
    bundle,
    port: 0,
    bindings: settings(),
    compatibility: await compatibility(),
    log: () => {},
  });
  const found = await located((body) => fetch(`${worker.url}/e/`, { method: "POST", body }));
  await worker.stop();
  expect(found).toEqual({ city: { names: { en: "London" } } });
});

/** A Worker that serves the database as static assets do. */
const files = `const bytes = Uint8Array.from(atob("${cities.toString("base64")}"), (character) => character.charCodeAt(0));
export default {
  fetch: ({ url }) => new URL(url).pathname === "/city.mmdb" ? new Response(bytes) : new Response(null, { status: 404 }),
};`;

test.each([
  ["R2", { type: "r2" }],
  ["KV", { type: "kv" }],
  ["static assets", { type: "worker", worker: "files" }],
] as const)("a Worker locates addresses in a database that %s binds as GEOIP_DB", async (kind, binding) => {
  const bundle = await bundleWorker(join(directory, "bound"), join(directory, "registry/registry.js"));
  const { date, flags } = await compatibility();
  const module = (contents: string, beside: Readonly<Record<string, string>> = {}) => ({
    mainModule: "worker.js",
    modules: Object.fromEntries(
      Object.entries({ "worker.js": contents, ...beside }).map(([name, code]) => [
        name,
        { type: "esm" as const, contents: code },
      ]),
    ),
  });
  const [admin = ""] = await modulesBeside(bundle);
  const gateway = module(await readFile(bundle, "utf8"), {
    [basename(admin)]: await readFile(admin, "utf8"),
  });
  const variables = Object.entries(settings()).map(
    ([name, value]) => [name, { type: "text", value }] as const,
  );
  const common = { compatibilityDate: date, compatibilityFlags: flags };
  const env = { ...Object.fromEntries(variables), GEOIP_DB: binding };
  const worker = new Miniflare({
    workers: [
      { config: { ...common, name: "gateway", env, manifest: gateway } },
      { config: { ...common, name: "files", manifest: module(files) } },
    ],
  });
  onTestFinished(() => worker.dispose());
  if (kind !== "static assets") {
    const { GEOIP_DB: storage } = await worker.getBindings<{ GEOIP_DB: Storage }>("gateway");
    await storage.put("city.mmdb", cities);
  }
  const found = await located((body) => worker.dispatchFetch("http://edge/e/", { method: "POST", body }));
  expect(found).toEqual({ city: { names: { en: "London" } } });
});

interface Storage {
  put(key: string, bytes: Uint8Array): Promise<unknown>;
}
