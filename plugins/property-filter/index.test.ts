import type { PluginEvent } from "@posthog/plugin-scaffold";
import { describe, expect, test } from "vitest";
import { processEvent, setupPlugin } from "./index.ts";

type Meta = Parameters<typeof setupPlugin>[0];

function filter(config: Record<string, unknown>, changes: Partial<PluginEvent>) {
  const meta = { config, global: {} } as Meta;
  setupPlugin(meta);
  const event: PluginEvent = {
    uuid: "01890a5d-ac96-774b-bcce-b302099a8057",
    event: "order placed",
    distinct_id: "anna",
    team_id: 1,
    ip: "203.0.113.7",
    site_url: "https://events.example.com",
    now: "2024-05-01T12:00:00.000Z",
    ...changes,
  };
  return processEvent(event, meta);
}

describe("a configured property is removed", () => {
  const cases: [where: string, properties: string, before: unknown, after: unknown][] = [
    ["from the properties", "email", { email: "a@example.com", plan: "free" }, { plan: "free" }],
    ["whatever surrounds its name", " email ,, plan,", { email: "a", plan: "free" }, {}],
    ["within another", "order.card", { order: { card: "4242", sum: 9 } }, { order: { sum: 9 } }],
    ["at any depth", "a.b.c.d", { a: { b: { c: { d: 1, e: 2 } } } }, { a: { b: { c: { e: 2 } } } }],
    [
      "in each item of a list",
      "items.sku",
      { items: [{ sku: 1, n: 1 }, { sku: 2 }] },
      { items: [{ n: 1 }, {}] },
    ],
    ["when its name has a dot", "order.card", { "order.card": "4242" }, {}],
    ["within one whose name has a dot only as a whole", "a.b.c", { "a.b": { c: 1 } }, { "a.b": { c: 1 } }],
    ["from $set", "email", { $set: { email: "a", name: "Anna" } }, { $set: { name: "Anna" } }],
    ["from $set_once", "email", { $set_once: { email: "a" } }, { $set_once: {} }],
    ["from $set alone", "$set.email", { email: "a", $set: { email: "a" } }, { email: "a", $set: {} }],
    ["when it is all of $set", "$set", { $set: { email: "a" } }, {}],
    [
      "not when something is in the way",
      "order.card.number",
      { order: { card: null } },
      { order: { card: null } },
    ],
    ["not when only its case differs", "email", { Email: "a" }, { Email: "a" }],
  ];
  test.each(cases)("%s", (_, properties, before, after) => {
    const filtered = filter({ properties }, { properties: before as Record<string, unknown> });
    expect(filtered?.properties).toEqual(after);
  });

  test("from $set and $set_once beside the properties", () => {
    const person = { email: "a@example.com", name: "Anna" };
    const filtered = filter(
      { properties: "email, $set.name" },
      { $set: { ...person }, $set_once: { ...person } },
    );
    expect(filtered?.$set).toEqual({});
    expect(filtered?.$set_once).toEqual({ name: "Anna" });
  });

  test("when the names are a JSON list", () => {
    const filtered = filter(
      { properties: ["email", "plan"] },
      { properties: { email: "a", plan: "free", n: 1 } },
    );
    expect(filtered?.properties).toEqual({ n: 1 });
  });

  test("without reaching what all objects share", () => {
    filter({ properties: "__proto__.toString, constructor.prototype.valueOf" }, { properties: {} });
    expect(typeof {}.toString).toBe("function");
    expect(typeof {}.valueOf).toBe("function");
  });
});

describe("an event", () => {
  test("named in the configuration is dropped", () => {
    expect(filter({ events: "debug, order placed" }, {})).toBeNull();
  });

  test.each(["", "order", "Order placed", "order placed too"])(
    "passes when %j is to be dropped",
    (events) => {
      expect(filter({ events }, {})).toMatchObject({ event: "order placed" });
    },
  );

  test("without properties passes", () => {
    expect(filter({ properties: "email" }, {})).toMatchObject({ event: "order placed" });
  });

  test("passes unchanged when nothing is configured", () => {
    const properties = { $ip: "203.0.113.7", email: "a@example.com" };
    expect(filter({}, { properties: { ...properties } })).toMatchObject({ ip: "203.0.113.7", properties });
  });
});

describe("the client's address", () => {
  const configurations: Record<string, string>[] = [{ removeIp: "yes" }, { properties: "email, $ip" }];
  test.each(configurations)("is removed from event and properties by %j", (config) => {
    const filtered = filter(config, { properties: { $ip: "203.0.113.7", plan: "free" } });
    expect(filtered).toMatchObject({ ip: null, properties: { plan: "free" } });
    expect(filtered?.properties).not.toHaveProperty("$ip");
  });
});
