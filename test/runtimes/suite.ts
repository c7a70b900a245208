import { randomBytes, randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Recorder, startRecorder } from "../recorder.ts";
import { testLibraries } from "./libraries.ts";
import { testWorld } from "./world.ts";
import { testDeferred } from "./deferred.ts";
import { testFaultyApps } from "./faulty-apps.ts";
import { testRefusals } from "./refusals.ts";
import { type Delivered, type Seen, TOKEN } from "./seen.ts";
import { type Edge, startEdge } from "./edge.ts";
import type { RuntimeName } from "./start.ts";

const ADMIN_TOKEN = "admin-token-of-this-suite";

/**
 * What the gateway promises, seen from outside: the built bundle as a process, the embedded stack beside it, real
 * sockets, real time. The same for every runtime.
 */
export function testRuntime(runtime: RuntimeName): void {
  describe(`the gateway on ${runtime}`, () => {
    let hook: Recorder;
    let edge: Edge;

    beforeAll(async () => {
      hook = await startRecorder();
      edge = await startEdge(runtime, new URL("apps", import.meta.url).pathname, {
        PROJECT_TOKENS: TOKEN,
        ADMIN_TOKEN,
        GREETING: "hello",
        HOOK_URL: hook.url,
        LOOP_LIMIT: "1000000",
        SECRETS_KEY: randomBytes(32).toString("base64"),
      });
    });
    afterAll(async () => {
      await edge?.stop();
      await hook?.stop();
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
      edge.posthog.requests.flatMap(({ json }) => (json as { batch?: Delivered[] } | undefined)?.batch ?? []);
    const arrival = (distinctId: string) =>
      expect
        .poll(() => delivered().find((event) => event.distinct_id === distinctId))
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

    const run: Seen["run"] = (plugin, task) => admin(`apps/${plugin}/run`, "POST", { task });

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

    const seen = { edge: () => edge, hook: () => hook, send, admin, run, delivered, arrival };
    testDeferred(seen);
    testFaultyApps(seen);
    testLibraries(seen);
    testWorld(seen);
    testRefusals(seen);
  });
}
