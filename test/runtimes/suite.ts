import { randomBytes, randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Stack, startStack } from "../../src/local/stack.ts";
import { type Recorder, startRecorder, unreachableUrl } from "../recorder.ts";
import { testLibraries } from "./libraries.ts";
import { freePort } from "../../src/local/free-port.ts";
import { testWorld } from "./world.ts";
import { buildBundle, type RunningGateway, type RuntimeName, startGateway } from "./start.ts";

const TOKEN = "phc_runtime";
const ADMIN_TOKEN = "admin-token-of-this-suite";

interface Delivered {
  event: string;
  distinct_id: string;
  properties: Record<string, unknown>;
}

/**
 * What the gateway promises, seen from outside: the built bundle as a process, the embedded stack beside it, real
 * sockets, real time. The same for every runtime.
 */
export function testRuntime(runtime: RuntimeName): void {
  describe(`the gateway on ${runtime}`, () => {
    let stack: Stack;
    let posthog: Recorder;
    let hook: Recorder;
    let edge: RunningGateway;
    let removeBundle = async () => {};

    beforeAll(async () => {
      stack = await startStack();
      posthog = await startRecorder();
      hook = await startRecorder();
      const { bundle, remove } = await buildBundle(runtime, new URL("apps", import.meta.url).pathname);
      removeBundle = remove;
      const port = await freePort();
      edge = await startGateway(runtime, bundle, port, {
        ...stack.env,
        PROJECT_TOKENS: TOKEN,
        PUBLIC_URL: `http://127.0.0.1:${port}`,
        POSTHOG_HOST: posthog.url,
        ADMIN_TOKEN,
        GREETING: "hello",
        HOOK_URL: hook.url,
        LOOP_LIMIT: "1000000",
        SECRETS_KEY: randomBytes(32).toString("base64"),
      });
    });
    afterAll(async () => {
      await edge?.stop();
      await Promise.all([stack?.stop(), posthog?.stop(), hook?.stop()]);
      await removeBundle();
    });

    const send = (path: string, body: unknown, headers: Record<string, string> = {}) =>
      fetch(`${edge.url}${path}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...headers },
        body: body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body),
      });
    const admin = (path: string, method = "GET", body?: unknown) =>
      fetch(`${edge.url}/admin/api/${path}`, {
        method,
        headers: { Authorization: `Bearer ${ADMIN_TOKEN}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    const delivered = () =>
      posthog.requests.flatMap(({ json }) => (json as { batch?: Delivered[] } | undefined)?.batch ?? []);
    const arrival = (distinctId: string) =>
      expect
        .poll(() => delivered().find((event) => event.distinct_id === distinctId), { timeout: 15_000 })
        .toBeDefined()
        .then(() => delivered().find((event) => event.distinct_id === distinctId) as Delivered);

    test("is well, and says what runs", async () => {
      const health = await (await fetch(`${edge.url}/_gateway/health`)).json();
      expect(health).toMatchObject({ status: "ok", runtime, apps: 10 });
      expect((await fetch(`${edge.url}/`)).status).toBe(200);
    });

    test.each(["/e", "/e/", "/i/v0/e/", "/batch", "/batch/", "/capture/", "/track"])(
      "takes an event on %s through the apps to PostHog",
      async (path) => {
        const person = randomUUID();
        const answer = await send(path, { api_key: TOKEN, event: "opened", distinct_id: person });
        expect([answer.status, await answer.json()]).toEqual([200, { status: "Ok" }]);
        const { properties } = await arrival(person);
        expect(properties).toMatchObject({
          greeting: "hello",
          unit: "ms",
          label: "<opened>",
          digest: "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8",
          timers: "undefined",
          reached: true,
          visit: 1,
          ready: true,
          $plugins_succeeded: ["gate (1)", "Tagger (2)", "visits (4)", "flaky (6)"],
          $plugins_failed: ["broken (3)"],
          $plugins_deferred: ["exporter (5)", "flaky (6)"],
        });
      },
    );

    test("reads gzip without being told, and keeps state between requests", async () => {
      const person = randomUUID();
      const body = { api_key: TOKEN, batch: [1, 2].map((n) => ({ event: `e${n}`, distinct_id: person })) };
      expect(
        (await send("/batch/", gzipSync(JSON.stringify(body)), { "Content-Type": "text/plain" })).status,
      ).toBe(200);
      await arrival(person);
      expect(
        delivered()
          .filter(({ distinct_id: id }) => id === person)
          .map(({ event, properties }) => [event, properties["visit"]]),
      ).toEqual([
        ["e1", 1],
        ["e2", 2],
      ]);
    });

    test("gives the client's address to PostHog", async () => {
      const person = randomUUID();
      const header: Record<string, string> =
        runtime === "workerd" ? { "CF-Connecting-IP": "203.0.113.7" } : {};
      await send("/e/", { api_key: TOKEN, event: "e", distinct_id: person }, header);
      expect((await arrival(person)).properties["$ip"]).toBe(
        runtime === "workerd" ? "203.0.113.7" : "127.0.0.1",
      );
    });

    test("keeps back what an app dropped", async () => {
      const [noise, after] = [randomUUID(), randomUUID()];
      expect((await send("/e/", { api_key: TOKEN, event: "noise", distinct_id: noise })).status).toBe(200);
      await send("/e/", { api_key: TOKEN, event: "signal", distinct_id: after });
      await arrival(after);
      expect(delivered().some(({ distinct_id: id }) => id === noise)).toBe(false);
    });

    test("exports in batches, again after a RetryError, until the destination takes them", async () => {
      const person = randomUUID();
      let refused: string | undefined;
      hook.answerWith(({ body }) => {
        if (!body.includes(person) || refused) return Response.json({});
        refused = body;
        return new Response("down", { status: 503 });
      });
      await send("/e/", { api_key: TOKEN, event: "sale", distinct_id: person });
      const withPerson = () => hook.requests.filter(({ body }) => body.includes(person));
      await expect.poll(() => withPerson().length, { timeout: 20_000 }).toBe(2);
      expect(withPerson()[1]?.body).toBe(refused);
      const first = withPerson()[0]?.json as { exported: Record<string, unknown>[] } | undefined;
      expect(first?.exported.find((event) => event["distinct_id"] === person)).toMatchObject({
        event: "sale",
        elements: [],
        timestamp: expect.any(String),
        properties: { label: "<sale>" },
      });
    });

    test("runs onEvent again for a RetryError, and writes the app's log", async () => {
      await send("/e/", { api_key: TOKEN, event: "fragile", distinct_id: randomUUID() });
      const logged = () => edge.lines.filter((line) => line.includes('\\"event\\":\\"fragile\\"'));
      await expect.poll(() => logged().length, { timeout: 20_000 }).toBe(2);
      expect(JSON.parse(logged()[0] ?? "")).toMatchObject({
        level: "LOG",
        source: "CONSOLE",
        plugin: "flaky",
        project: TOKEN,
        hook: "onEvent",
      });
      expect(
        edge.lines.some((line) => line.includes("RetryError: once (attempt 1/6). Retrying in 5 s")),
      ).toBe(true);
    });

    test("cuts a loop that does not end: its event goes on, and so does everything else", async () => {
      const person = randomUUID();
      const answer = await send("/e/", { api_key: TOKEN, event: "endless", distinct_id: person });
      expect(answer.status).toBe(200);
      expect((await arrival(person)).properties["$plugins_failed"]).toContain("flaky (6)");
      const cut = () =>
        edge.lines.some((line) => line.includes("timed out after looping for 30 seconds on line "));
      await expect.poll(cut).toBe(true);
    });

    test("shows where in its source an app has failed", async () => {
      const person = randomUUID();
      await send("/e/", { api_key: TOKEN, event: "e", distinct_id: person });
      await arrival(person);
      const failure = edge.lines.find((line) => line.includes("undefinedName is not defined"));
      expect(JSON.parse(failure ?? "")).toMatchObject({
        level: "ERROR",
        source: "PLUGIN",
        hook: "processEvent",
        message: expect.stringMatching(
          /^ReferenceError: undefinedName is not defined\n {4}at \S*processEvent \(apps\/broken\/index\.js:4\)$/,
        ),
      });
    });

    test("puts promises that an app forgot into its log, and goes on [346, 347]", async () => {
      const person = randomUUID();
      const properties = { address: await unreachableUrl() };
      await send("/e/", { api_key: TOKEN, event: "forgetful", distinct_id: person, properties });
      expect((await arrival(person)).properties["$plugins_succeeded"]).toContain("flaky (6)");
      const forgotten = async () => {
        const answer = await admin("apps/flaky/logs?search=unhandled%20promise");
        return ((await answer.json()) as { entries: { message: string }[] }).entries;
      };
      await expect.poll(async () => (await forgotten()).length, { timeout: 15_000 }).toBe(4);
      const entries = await forgotten();
      const text = entries.map(({ message }) => message).join("\n");
      expect(text).toMatch(/Error: rejected/);
      expect(text).toMatch(/Error: thrown in an executor/);
      expect(text).toMatch(/rejection: thrown after an await/);
      expect(text).toMatch(/rejection: FetchError: request to .* failed/);
      for (const entry of entries) {
        expect(entry).toMatchObject({ level: "ERROR", source: "PLUGIN", hook: "processEvent" });
      }
      expect((await fetch(`${edge.url}/_gateway/health`)).status).toBe(200);
    });

    const run = (plugin: string, task: string) => admin(`apps/${plugin}/run`, "POST", { task });

    test("sets an app up by itself 5 s after its set-up asked for that", async () => {
      const told = async () => (await (await admin("apps/waking")).json()) as { state: string };
      await send("/e/", { api_key: TOKEN, event: "e", distinct_id: randomUUID() });
      await expect.poll(async () => (await told()).state, { timeout: 20_000 }).toBe("running");
      const lines = () => edge.lines.filter((line) => line.includes('"plugin":"waking"'));
      expect(lines()[0]).toContain(
        "setupPlugin failed with RetryError (attempt 1/6): not yet. Retrying in 5 s...",
      );
      await expect.poll(() => lines().some((line) => line.includes("completed successfully"))).toBe(true);
      expect((await run("waking", "runEveryMinute")).status).toBe(202);
      await expect.poll(() => lines().some((line) => line.includes("awake")), { timeout: 15_000 }).toBe(true);
    });

    test("configures an app anew at once, with a secret that only the app sees", async () => {
      const before = randomUUID();
      const after = randomUUID();
      await send("/e/", { api_key: TOKEN, event: "e", distinct_id: before });
      const changed = await admin("apps/tagger", "PATCH", { config: { unit: "s", password: "open sesame" } });
      expect(changed.status).toBe(200);
      expect(await changed.text()).not.toContain("sesame");
      await send("/e/", { api_key: TOKEN, event: "e", distinct_id: after });
      expect((await arrival(before)).properties).toMatchObject({ unit: "ms" });
      expect((await arrival(after)).properties).toMatchObject({ unit: "s", password: "open sesame" });
    });

    test("runs a scheduled task when the admin says so, and its event goes the whole way", async () => {
      expect((await run("clock", "runEveryMinute")).status).toBe(202);
      const { event, properties } = await arrival("App Server");
      expect(event).toBe("tick");
      expect(properties).toMatchObject({ arguments: 1, configured: "object", label: "<tick>" });
    });

    testLibraries({ hook: () => hook, run });
    testWorld({ hook: () => hook, run, arrival });

    test.each([
      ["no JSON", "{", 400],
      ["no event", "[]", 400],
      ["no token", JSON.stringify({ event: "e", distinct_id: "u" }), 401],
      ["a token of nobody here", JSON.stringify({ api_key: "phc_other", event: "e", distinct_id: "u" }), 401],
    ])("refuses %s with a JSON error that a browser may read", async (_case, body, status) => {
      const answer = await fetch(`${edge.url}/e/`, {
        method: "POST",
        body,
        headers: { Origin: "https://shop.example" },
      });
      expect(answer.status).toBe(status);
      expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("https://shop.example");
      expect(await answer.json()).toMatchObject({ type: expect.any(String), detail: expect.any(String) });
    });

    test("answers a preflight", async () => {
      const answer = await fetch(`${edge.url}/e/`, {
        method: "OPTIONS",
        headers: { Origin: "null", "Access-Control-Request-Method": "POST" },
      });
      expect(answer.ok).toBe(true);
      expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("null");
    });

    test.each(["deliver", "retry", "export", "task", "capture", "job", "buffer", "setup"])(
      "does nothing for an unsigned call of /_gateway/%s",
      async (route) => {
        const person = randomUUID();
        const event = {
          uuid: randomUUID(),
          event: "forged",
          distinct_id: person,
          timestamp: "",
          properties: {},
        };
        const message = {
          v: 1,
          id: "x",
          project: TOKEN,
          events: [event],
          attempt: 0,
          destination: { hook: "posthog" },
        };
        const forged: Record<string, string>[] = [{}, { "Upstash-Signature": "e30.e30.e30" }];
        for (const headers of forged) {
          expect((await send(`/_gateway/${route}`, message, headers)).status).toBe(401);
        }
        expect(delivered().some(({ distinct_id: id }) => id === person)).toBe(false);
      },
    );
  });
}
