import { join } from "node:path";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { expect, onTestFinished, test } from "vitest";
import { createProject } from "./testing.ts";

/** Bundles as wrangler does, and runs in workerd. */
async function startWorker(directory: string): Promise<Miniflare> {
  const { outputFiles } = await build({
    entryPoints: [join(directory, "worker.ts")],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["node:*", "cloudflare:*"],
    logLevel: "silent",
  });
  const worker = new Miniflare({
    workers: [
      {
        config: {
          name: "apps",
          compatibilityDate: "2026-10-01",
          compatibilityFlags: ["nodejs_compat"],
          manifest: {
            mainModule: "worker.js",
            modules: { "worker.js": { type: "esm", contents: outputFiles[0]?.text ?? "" } },
          },
        },
      },
    ],
  });
  onTestFinished(() => worker.dispose());
  return worker;
}

const worker = `
import { apps } from "./generated/registry.js";
const instances = apps.map((app) => {
  let instance;
  return () => instance ??= app.createApp({
    console, fetch, posthog: {}, RetryError: Error, global: Object.create(globalThis), libraries: {}, packageGlobal: globalThis, Function, builtins: (modules) => modules, copyLibrary: (library) => library,
  });
});
export default {
  async fetch() {
    let event = { properties: {} };
    for (const instance of instances) {
      const { exports, topLevel } = instance();
      event = await (exports.processEvent ?? topLevel.processEvent)(event);
    }
    return Response.json(event.properties);
  },
};`;

test("apps, host libraries and npm packages run in workerd, where nothing may be evaluated from text", async () => {
  const project = await createProject({
    "node_modules/ids/index.js": `const { randomBytes } = require('crypto'); const seed = Math.random(); const started = Date.now();
      setTimeout(() => {}, 0); module.exports = () => [typeof seed, typeof started, randomBytes(4).length, typeof process.nextTick]`,
    "plugins/a/index.ts": `import { createHash } from 'crypto'; import * as zlib from 'zlib'; import ids from 'ids'; import { RetryError } from '@posthog/plugin-scaffold';
      export async function processEvent(event: any) {
        count = typeof count === 'undefined' ? 1 : count + 1;
        event.properties.sha1 = createHash('sha1').update('a').digest('hex');
        event.properties.unzipped = zlib.gunzipSync(zlib.gzipSync(Buffer.from('zipped'))).toString();
        event.properties.ids = ids();
        event.properties.error = new RetryError('x').name;
        event.properties.types = [typeof setTimeout, typeof process, typeof require, count];
        return event }`,
    "plugins/b/index.js":
      "function processEvent(event) { event.properties.b = (await Promise.resolve('after a')); return event }",
    "worker.ts": worker,
  });
  await project.compile();
  const workerd = await startWorker(project.directory);

  const first = await workerd.dispatchFetch("http://worker/");
  expect(await first.json()).toEqual({
    sha1: "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8",
    unzipped: "zipped",
    ids: ["number", "number", 4, "function"],
    error: "RetryError",
    types: ["undefined", "undefined", "undefined", 1],
    b: "after a",
  });
  const second = (await (await workerd.dispatchFetch("http://worker/")).json()) as { types: unknown[] };
  expect(second.types.at(-1)).toBe(2);
});
