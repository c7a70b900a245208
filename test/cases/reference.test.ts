import { describe, expect, test } from "vitest";
import { deploy } from "./deploy.ts";

/** The examples of PostHog's reference at work: each form of code that it shows authors, through the HTTP front. */
describe("the reference's example of", () => {
  test("config greets by what is configured", async () => {
    const edge = await deploy(
      {
        app: "export async function processEvent(event, { config }) {\nevent.properties['greeting'] = config.greeting\nreturn event\n}",
      },
      { listings: { app: { config: { greeting: "Hi" } } } },
    );
    expect((await edge.send("e"))?.properties["greeting"]).toBe("Hi");
  });

  test("cache counts events, though its function is not async, with properties or without [116]", async () => {
    const edge = await deploy({
      app: `export function processEvent(event, { config, cache }) {
        const counterValue = (await cache.get('greeting_counter', 0))
        await cache.set('greeting_counter', counterValue + 1)
        if (!event.properties) event.properties = {}
        event.properties['greeting_counter'] = counterValue
        return event
      }`,
    });
    const counters = [];
    for (const more of [{}, { properties: undefined }, {}]) {
      counters.push((await edge.send("e", more))?.properties["greeting_counter"]);
    }
    expect(counters).toEqual([0, 1, 2]);
  });

  test.each([
    ["has no database", {}, "ok"],
    ["has one, and a class that nobody defined", { maxmindMmdb: "data.mmdb" }, undefined],
  ])("attachments, where the app %s", async (_where, attachments, expected) => {
    const edge = await deploy(
      {
        app: {
          "plugin.json": '{"config":[{"key":"maxmindMmdb","type":"attachment"}]}',
          "data.mmdb": "data",
          "index.ts": `export function setupPlugin({ attachments, global }: Meta) {
            if (attachments.maxmindMmdb) {
              global.ipLookup = new Reader(attachments.maxmindMmdb.contents)
            }
          }
          export const processEvent = (event) => (event.properties.ran = 'ok', event)`,
        },
      },
      { listings: { app: { attachments } } },
    );
    expect((await edge.send("e"))?.properties["ran"]).toBe(expected);
    if (!expected) expect(edge.messages().join()).toContain("ReferenceError: Reader is not defined");
  });

  test("a RetryError that will never help is tried again all the same", async () => {
    const edge = await deploy({
      app: `import { RetryError } from '@posthog/plugin-scaffold'
        export function setupPlugin({ config }) {
          let eventsToTrack
          try {
            eventsToTrack = config.nonExistentKey.split(',')
          } catch {
            throw new RetryError('Retrying this will never help')
          }
        }
        export const onEvent = () => {}`,
    });
    await edge.send("e");
    expect(edge.messages()[0]).toContain(
      "RetryError (attempt 1/6): Retrying this will never help. Retrying in 5 s...",
    );
  });

  test("the Hello World app counts, and writes without waiting", async () => {
    const edge = await deploy(
      {
        app: `async function processEvent(event, { config, cache }) {
          const counter = await cache.get('counter', 0)
          cache.set('counter', counter + 1)
          if (event.properties) {
            event.properties['hello'] = 'world'
            event.properties['bar'] = config.bar
            event.properties['$counter'] = counter
          }
          return event
        }`,
      },
      { listings: { app: { config: { bar: "baz" } } } },
    );
    await edge.send("e");
    expect((await edge.send("e"))?.properties).toMatchObject({ hello: "world", bar: "baz", $counter: 1 });
  });

  test("onEvent, whose helper nobody defined, costs nothing but a dead letter", async () => {
    const edge = await deploy({
      app: "async function onEvent(event) {\n// do something\nsendEventElsewhere(event)\n// nothing to return\n}",
    });
    expect(await edge.send("e")).toBeDefined();
    expect(await edge.deadLetters()).toMatchObject([
      { error: "ReferenceError: sendEventElsewhere is not defined" },
    ]);
  });

  test("teardownPlugin flushes a buffer of its own", async () => {
    const edge = await deploy({
      app: `export function setupPlugin({ global }) { global.buffer = { flush: () => fetch(HOOK + '/flushed') } }
        export const processEvent = (e) => e
        export async function teardownPlugin({ global }) { await global.buffer.flush() }`,
    });
    await edge.send("e");
    await edge.tearDown();
    expect(edge.hook.requests.map(({ path }) => path)).toEqual(["/flushed"]);
  });

  test("a scheduled task captures four numbers of a repository [384]", async () => {
    const edge = await deploy({
      app: `async function runEveryMinute({ config }) {
        const url = \`\${HOOK}/repos/PostHog/posthog\`
        const response = await fetch(url)
        const metrics = await response.json()
        // posthog.capture is also available in apps by default
        posthog.capture('github metrics', {
          stars: metrics.stargazers_count,
          open_issues: metrics.open_issues_count,
          forks: metrics.forks_count,
          subscribers: metrics.subscribers_count
        })
      }`,
    });
    edge.hook.answerWith(() =>
      Response.json({ stargazers_count: 1, open_issues_count: 2, forks_count: 3, subscribers_count: 4 }),
    );
    await edge.tick();
    expect(edge.delivered()).toMatchObject([
      {
        event: "github metrics",
        distinct_id: "App Server",
        properties: { stars: 1, open_issues: 2, forks: 3, subscribers: 4 },
      },
    ]);
  });

  test("exportEvents throws the global RetryError, and has its batch again", async () => {
    const edge = await deploy({
      app: `async function exportEvents(events, meta) {
        try {
          const response = await fetch(HOOK, { method: 'POST', body: JSON.stringify(events.length) })
          if (!response.ok) throw new Error()
        } catch {
          throw new RetryError('Service is down')
        }
      }`,
    });
    let isDown = true;
    edge.hook.answerWith(() => new Response("", { status: isDown ? 500 : 200 }));
    await edge.send("e");
    await edge.advance(10_000);
    isDown = false;
    await edge.advance(6000);
    expect(edge.hook.requests.map(({ body }) => body)).toEqual(["1", "1"]);
    expect(await edge.deadLetters()).toEqual([]);
  });

  test("posthog.capture gives a time and a person", async () => {
    const edge = await deploy({
      app: "function runEveryMinute() { const subscription = { created: 1e9 }; posthog.capture('Customer Subscribed', {\ndistinct_id: 'a user id',\ntimestamp: new Date(subscription.created*1000).toISOString()\n}) }",
    });
    await edge.tick();
    expect(edge.delivered()).toMatchObject([
      { distinct_id: "a user id", timestamp: "2001-09-09T01:46:40.000Z" },
    ]);
  });

  test("posthog.api asks another host", async () => {
    const edge = await deploy({
      app: "async function runEveryMinute() { await posthog.api.get(\n'/api/event',\n{\ndata: { param: 'some param' },\nhost: HOOK\n}\n) }",
    });
    await edge.tick();
    expect(edge.hook.requests.map(({ path }) => path)).toEqual([
      "/api/event?param=some+param&token=phc_test",
    ]);
  });

  test("imports of packages for their types, installed or not", async () => {
    const edge = await deploy({
      app: {
        "index.ts": `import { createBuffer } from '@posthog/plugin-contrib'
          import { Plugin, PluginMeta, PluginEvent, RetryError } from '@posthog/plugin-scaffold'
          import { BigQuery, Table, TableField, TableMetadata } from '@google-cloud/bigquery'
          type Own = Plugin<{ global: { client: BigQuery; table: Table; fields: TableField[] } }>
          export const processEvent: Own['processEvent'] = (event: PluginEvent, meta: PluginMeta<Own>) => event`,
      },
    });
    expect((await edge.send("e"))?.properties["$plugins_succeeded"]).toEqual(["app (1)"]);
  });
});

describe("the reference's jobs", () => {
  test("retry a request in 30 seconds, now, and at a date", async () => {
    const edge = await deploy({
      app: `export const jobs = {
          retryRequest: (request, meta) => {
            fetch(request.url, request.options)
          }
        }
        export async function onEvent(event, { jobs }) {
          const request = { url: HOOK, options: { method: 'post', body: 'again' } }
          await jobs.retryRequest(request).runIn(30, 'seconds')
          await jobs.retryRequest(request).runNow()
          await jobs.retryRequest(request).runAt(new Date())
        }`,
    });
    await edge.send("e");
    // The clock of the test is ahead of the app's new Date(), which is therefore a time gone by.
    expect(edge.hook.requests.map(({ method, body }) => method + body)).toEqual(["POSTagain", "POSTagain"]);
    await edge.advance(30_000);
    expect(edge.hook.requests).toHaveLength(3);
  });

  test("look for the teapot every 30 seconds until it is found, one request at a time [385]", async () => {
    const edge = await deploy({
      app: `export const jobs = {
          continueSearchingForTheTeapot: async (request, meta) => {
            await lookForTheTeapot(request)
          }
        }
        async function lookForTheTeapot (request) {
          const res = await fetch(request.url)
          if (res.status !== 418) {
            await jobs.continueSearchingForTheTeapot(request).runIn(30, 'seconds')
            return
          }
          console.log('found the teapot!')
        }
        export async function processEvent (event, { jobs }) {
          const request = { url: HOOK + '/teapot' }
          await lookForTheTeapot(request)
          return event
        }`,
    });
    const times: number[] = [];
    const startMs = edge.clock.now();
    edge.hook.answerWith(() => {
      times.push((edge.clock.now() - startMs) / 1000);
      return new Response("", { status: times.length < 4 ? 404 : 418 });
    });
    expect((await edge.send("e"))?.properties["$plugins_succeeded"]).toEqual(["app (1)"]);
    await edge.advance(600_000);
    expect(times).toEqual([0, 30, 60, 90]);
    expect(edge.messages()).toEqual(["found the teapot!"]);
  });
});
