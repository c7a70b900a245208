import { describe, expect, test } from "vitest";
import { deploy, type Deployment } from "./deploy.ts";

/** Says in its log when it is set up and torn down, and counts its events in module state. */
const counting = `let n = 0
  export function setupPlugin({ config }) { console.log('up', config.v) }
  export function teardownPlugin({ config }) { console.log('down', config.v) }
  export function processEvent(e, { config }) { e.properties[config.name] = ++n; e.properties.order = [...(e.properties.order || []), config.name]; return e }`;

function deployCounting(...names: string[]) {
  return deploy(Object.fromEntries(names.map((name) => [name, counting])), {
    listings: Object.fromEntries(names.map((name) => [name, { config: { name, v: 1 } }])),
  });
}

async function patch(edge: Deployment, plugin: string, body: object): Promise<void> {
  expect((await edge.admin(`apps/${plugin}`, { method: "PATCH", body })).status).toBe(200);
  await edge.settle();
}

describe("a change that a person makes while the gateway runs", () => {
  test("leaves an app's instance alone when it changes nothing [153]", async () => {
    const edge = await deployCounting("a");
    expect((await edge.send("e"))?.properties).toMatchObject({ a: 1 });
    await patch(edge, "a", { enabled: true });
    expect((await edge.send("e"))?.properties).toMatchObject({ a: 2 });
    expect(edge.messages()).toEqual(["up 1"]);
  });

  test("replaces the instances of the apps that it concerns, and of no others [154]", async () => {
    const edge = await deployCounting("kept", "reconfigured", "removed", "also-kept");
    await edge.send("e");
    await patch(edge, "reconfigured", { config: { v: 2 } });
    await patch(edge, "removed", { enabled: false });
    const { properties } = (await edge.send("e")) ?? {};
    expect(properties).toMatchObject({ kept: 2, reconfigured: 1, "also-kept": 2 });
    expect(properties).not.toHaveProperty("removed");
    expect(edge.messages("kept")).toEqual(["up 1"]);
    expect(edge.messages("reconfigured")).toEqual(["up 1", "up 2", "down 1"]);
    expect(edge.messages("removed")).toEqual(["up 1", "down 1"]);
    await patch(edge, "removed", { enabled: true });
    expect((await edge.send("e"))?.properties).toMatchObject({ kept: 3, removed: 1 });
  });

  test("of the order holds for the next event, and replaces nothing [156]", async () => {
    const edge = await deployCounting("a", "b");
    expect((await edge.send("e"))?.properties["order"]).toEqual(["a", "b"]);
    await patch(edge, "a", { order: 3 });
    expect((await edge.send("e"))?.properties).toMatchObject({ order: ["b", "a"], a: 2, b: 2 });
  });

  test("keeps a secret that it does not name [80]", async () => {
    const app = {
      "plugin.json": '{"config":[{"key":"key","type":"string","secret":true},{"key":"other"}]}',
      "index.js":
        "export const processEvent = (e, { config }) => (e.properties.same = config.key === 'well-kept', e.properties.other = config.other, e)",
    };
    const edge = await deploy({ app }, { listings: { app: { config: { key: "well-kept" } } } });
    for (const config of [{ other: "1" }, { key: null, other: "2" }]) {
      await patch(edge, "app", { config });
      expect((await edge.send("e"))?.properties).toMatchObject({ same: true, other: config.other });
    }
  });
});
