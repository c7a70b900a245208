import { describe, expect, test } from "vitest";
import { deploy } from "./deploy.ts";
import { recordTimes } from "./times.ts";

describe("setupPlugin with a RetryError", () => {
  test("is tried again after 5 and 10 s; then its app works, and was never disabled [137]", async () => {
    const edge = await deploy({
      app: `export async function setupPlugin({ cache, global }) {
          await fetch(HOOK)
          if (await cache.incr('tries') < 3) throw new RetryError('not yet')
          global.ok = true
        }
        export function processEvent(e, { global }) { e.properties.ok = global.ok; return e }`,
    });
    const times = recordTimes(edge);
    expect((await edge.send("e"))?.properties).toEqual({ $ip: "127.0.0.1" });
    await edge.advance(20_000);
    expect((await edge.send("e"))?.properties).toMatchObject({ ok: true, $plugins_succeeded: ["app (1)"] });
    expect(times).toEqual([0, 5, 15]);
    expect(edge.messages().filter((message) => message.includes("Disabled"))).toEqual([]);
  });

  test("for ever is tried six times without any traffic; then its app is disabled and people are told [138]", async () => {
    const edge = await deploy(
      {
        app: "export async function setupPlugin() { await fetch(HOOK); throw new RetryError('away') } export const processEvent = (e) => e",
      },
      { settings: { ALERT_WEBHOOK_URL: "https://alerts.invalid/" } },
    );
    const times = recordTimes(edge);
    await edge.send("e");
    await edge.advance(300_000);
    expect(times).toEqual([0, 5, 15, 35, 75, 155]);
    expect(edge.messages().filter((message) => message.endsWith("Disabled the app!"))).toHaveLength(1);
    expect((await edge.send("e"))?.properties).toEqual({ $ip: "127.0.0.1" });
    // Nobody is there to be told: that the gateway tried is what its own log says.
    expect(edge.messages().join("\n")).toContain("ALERT_WEBHOOK_URL");
  });
});

test("an app whose set-up failed has no scheduled tasks, which its log says [143]", async () => {
  const edge = await deploy({
    app: "export function setupPlugin() { throw new Error('bad') } export function runEveryMinute() { console.log('ran') }",
  });
  await edge.tick();
  await edge.tick();
  expect(edge.messages()).not.toContain("ran");
  expect(edge.messages()).toContain("Cannot load scheduled tasks because the plugin errored during setup.");
});

describe("the app named Replicator", () => {
  const app = {
    "plugin.json": '{"name":"Replicator"}',
    "index.js": "export const processEvent = (e) => (e.properties.copied = true, e)",
  };
  test.each([
    ["to the project it runs for [146]", { project_api_key: "phc_test" }, "Self replication is not allowed"],
    ["more than once", { project_api_key: "phc_other", replication: "2" }, "Only 1x replication is allowed"],
  ])("does not run %s", async (_what, config, why) => {
    const edge = await deploy({ app }, { listings: { app: { config } } });
    expect((await edge.send("e"))?.properties).toEqual({ $ip: "127.0.0.1" });
    expect(edge.messages().join()).toContain(why);
  });

  test("runs to another project", async () => {
    const config = { project_api_key: "phc_other", replication: "1" };
    const edge = await deploy({ app }, { listings: { app: { config } } });
    expect((await edge.send("e"))?.properties).toMatchObject({ copied: true });
  });
});
