import { describe, expect, test } from "vitest";
import type { AppExports } from "../apps/definition.ts";
import { createProject, runApp } from "./testing.ts";

type Hook = (...values: unknown[]) => unknown;

/** The hooks of an app as PostHog looks them up: what is exported, else what stands at the top level. */
function hooksOf({ exports, topLevel }: AppExports): Record<string, Hook> {
  const found = Object.keys(exports as object).length > 0 ? exports : topLevel;
  return found as Record<string, Hook>;
}

/** Code in the forms that PostHog's reference shows to authors; each must run as written (decisions 2). */
describe("an app in the reference's style:", () => {
  test("reads its configuration in an exported hook", async () => {
    const { processEvent } = hooksOf(
      await runApp(
        "export async function processEvent(event, { config }) { event.properties['to'] = config.to; return event }",
      ),
    );
    const event = await processEvent?.({ properties: {} }, { config: { to: "world" } });
    expect(event).toEqual({ properties: { to: "world" } });
  });

  test("awaits the cache in a function that is not async", async () => {
    const { processEvent } = hooksOf(
      await runApp(`export function processEvent(event, { cache }) {
        const seen = (await cache.get('seen', 0))
        await cache.set('seen', seen + 1)
        if (!event.properties) event.properties = {}
        event.properties['seen'] = seen
        return event
      }`),
    );
    const stored = new Map<string, number>();
    const cache = {
      get: async (key: string, fallback: number) => stored.get(key) ?? fallback,
      set: async (key: string, value: number) => void stored.set(key, value),
    };
    const events = [];
    for (const event of [{ properties: {} }, {}, { properties: {} }])
      events.push(await processEvent?.(event, { cache }));
    expect(events).toEqual([0, 1, 2].map((seen) => ({ properties: { seen } })));
  });

  test("hands what set-up made to other hooks through meta's global", async () => {
    const { setupPlugin, processEvent } = hooksOf(
      await runApp(`export function setupPlugin({ global, config }) { global.wanted = (config.wanted || '').split(',') }
        export function processEvent(event, { global, config }) { if (global.wanted.includes(event.event)) { event.wanted = true } return event }`),
    );
    const meta = { global: {}, config: { wanted: "a,b" } };
    setupPlugin?.(meta);
    expect(processEvent?.({ event: "b" }, meta)).toEqual({ event: "b", wanted: true });
  });

  test("names a type and a class that it never defines, and fails only where it uses the class", async () => {
    const { setupPlugin } = hooksOf(
      await runApp(`export function setupPlugin({ attachments, global }: Meta) {
        if (attachments.database) { global.lookup = new Reader(attachments.database.contents) }
      }`),
    );
    setupPlugin?.({ attachments: {}, global: {} });
    expect(() => setupPlugin?.({ attachments: { database: {} }, global: {} })).toThrow(
      "Reader is not defined",
    );
  });

  test("throws the RetryError that it imports, from a catch without a name", async () => {
    const { setupPlugin } = hooksOf(
      await runApp(`import { RetryError } from '@posthog/plugin-scaffold'
        export function setupPlugin({ config }) { let list; try { list = config.missing.split(',') } catch { throw new RetryError('later') } }`),
    );
    expect(() => setupPlugin?.({ config: {} })).toThrow(
      expect.objectContaining({ name: "RetryError", message: "later" }),
    );
  });

  test("throws the global RetryError from a hook without export", async () => {
    class RetryError extends Error {}
    const source =
      "async function exportEvents(events, meta) { try { throw 1 } catch { throw new RetryError('down') } }";
    const { exportEvents } = hooksOf(await runApp(source, { RetryError }));
    await expect(exportEvents?.([], {})).rejects.toBeInstanceOf(RetryError);
  });

  test("fetches and captures in a scheduled task", async () => {
    const captured: unknown[][] = [];
    const { runEveryMinute } = hooksOf(
      await runApp(
        `async function runEveryMinute({ config }) {
          const response = await fetch(\`https://example.com/stars\`)
          const body = await response.json()
          posthog.capture('stars', { stars: body.stars, at: new Date(0).toISOString() })
        }`,
        {
          fetch: async () => Response.json({ stars: 5 }),
          posthog: { capture: (...values: unknown[]) => captured.push(values) },
        },
      ),
    );
    await runEveryMinute?.({ config: {} });
    expect(captured).toEqual([["stars", { stars: 5, at: "1970-01-01T00:00:00.000Z" }]]);
  });

  test("flushes what it keeps when it is torn down", async () => {
    const { teardownPlugin } = hooksOf(
      await runApp("async function teardownPlugin({ global }) { await global.buffer.flush() }"),
    );
    let flushed = 0;
    await teardownPlugin?.({ global: { buffer: { flush: async () => (flushed += 1) } } });
    expect(flushed).toBe(1);
  });

  test("lets a helper schedule the job that called it, over the module's own jobs", async () => {
    const scheduled: unknown[] = [];
    const jobs = {
      look: (request: unknown) => ({
        runIn: async (n: number, unit: string) => scheduled.push([request, n, unit]),
      }),
    };
    let status = 200;
    const app = await runApp(
      `export const jobs = { look: async (request, meta) => { await lookUp(request) } }
      async function lookUp (request) {
        const res = await fetch(request.url)
        if (res.status !== 418) { await jobs.look(request).runIn(30, 'seconds'); return }
        console.log('found')
      }
      export async function processEvent (event, { jobs }) { await lookUp({ url: 'https://example.com' }); return event }`,
      {
        jobs,
        fetch: async () => ({ status }),
        console: { log: (message: string) => scheduled.push(message) },
      },
    );
    const hooks = hooksOf(app);
    expect(await hooks["processEvent"]?.({ event: "e" }, { jobs })).toEqual({ event: "e" });
    const due = (app.exports as { jobs: { look: Hook } }).jobs.look;
    await due({ url: "https://example.com" }, {});
    status = 418;
    await due({ url: "https://example.com" }, {});
    const once = [{ url: "https://example.com" }, 30, "seconds"];
    expect(scheduled).toEqual([once, once, "found"]);
  });

  test("imports packages for their types alone", async () => {
    const source = `import { createBuffer } from '@posthog/plugin-contrib'
      import { Plugin, PluginMeta, PluginEvent, RetryError } from '@posthog/plugin-scaffold'
      import { BigQuery, Table } from '@google-cloud/bigquery'
      export function onEvent(event: PluginEvent, meta: PluginMeta<{ global: { table: Table } }>) {}`;
    expect(Object.keys(hooksOf(await runApp(source)))).toEqual(["onEvent"]);
  });

  test("has a plugin.json with a trailing comma and with types that nobody knows", async () => {
    const project = await createProject({
      "plugins/app/index.js": "async function onEvent(event) { sendElsewhere(event) }",
      "plugins/app/plugin.json": `{
        "name": "<name>",
        "main": "index.js",
        "config": [
          { "markdown": "A block.\\n[A link](http://example.com)" },
          { "key": "one", "name": "One", "type": "<type>", "default": "<value>", "required": true, "secret": true },
          { "key": "two", "type": "string", "default": "b", "required": false, }
        ]
      }`,
    });
    const { apps } = await project.load();
    expect(apps[0]).toMatchObject({ name: "<name>", enabled: true, config: { one: "<value>", two: "b" } });
  });
});
