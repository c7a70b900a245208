import { describe, expect, test } from "vitest";
import { RetryError } from "../apps/errors.ts";
import { bareScope, defineApp, instancesOf, recordingServices } from "../apps/testing.ts";
import type { PluginEvent } from "../event.ts";
import { type ChainOutcome, runChain } from "./chain.ts";
import { createDeadline } from "./deadline.ts";

type Hook = (event: PluginEvent, meta: unknown) => unknown;

function event(overrides: Partial<PluginEvent> = {}): PluginEvent {
  return {
    uuid: "0190f0a0-0000-7000-8000-000000000001",
    event: "e",
    distinct_id: "u1",
    properties: {},
    now: "2026-01-01T00:00:00.000Z",
    ip: "127.0.0.1",
    site_url: "https://edge.example.com",
    team_id: 2,
    ...overrides,
  };
}

async function chain(
  hooks: readonly (Hook | Record<string, unknown>)[],
  events: PluginEvent[],
  { budgetMs = 6000, trustMarkers = false, sequential = false } = {},
) {
  const services = recordingServices();
  const apps = hooks.map((hook, index) =>
    defineApp(`app${index + 1}`, typeof hook === "function" ? { processEvent: hook } : hook, { sequential }),
  );
  const deadline = createDeadline(budgetMs);
  const outcomes = await runChain(events, {
    instances: instancesOf(apps, services),
    scope: bareScope(),
    teamId: 2,
    deadline,
    trustMarkers,
  });
  deadline.clear();
  return { outcomes, entries: services.entries };
}

function propertiesOf(outcome: ChainOutcome | undefined): Record<string, unknown> {
  if (!outcome || "droppedBy" in outcome) throw new Error("the event was dropped");
  return outcome.event.properties ?? {};
}

const tag =
  (name: string, value: unknown = true): Hook =>
  (entered) => {
    entered.properties = { ...entered.properties, [name]: value };
    return entered;
  };

describe("the chain", () => {
  test("hands each app the result of the one before", async () => {
    const { outcomes } = await chain(
      [
        tag("a", 1),
        (entered) => ({
          ...entered,
          properties: { ...entered.properties, b: Number(entered.properties?.["a"]) + 1 },
        }),
      ],
      [event()],
    );
    expect(propertiesOf(outcomes[0])).toMatchObject({
      a: 1,
      b: 2,
      $plugins_succeeded: ["app1 (1)", "app2 (2)"],
      $plugins_failed: [],
      $plugins_deferred: [],
    });
  });

  test.each([null, undefined, false, 0, ""])("ends for an event whose app returns %j", async (result) => {
    let reached = false;
    const { outcomes } = await chain([() => result, () => (reached = true)], [event()]);
    expect(outcomes[0]).toMatchObject({ droppedBy: { label: "app1 (1)" } });
    expect(reached).toBe(false);
  });

  test("keeps an event with the changes made before its app threw, and goes on", async () => {
    const { outcomes, entries } = await chain(
      [
        (entered) => {
          entered.properties = { half: true };
          throw new Error("lost");
        },
        tag("b"),
      ],
      [event()],
    );
    expect(propertiesOf(outcomes[0])).toMatchObject({
      half: true,
      b: true,
      $plugins_failed: ["app1 (1)"],
      $plugins_succeeded: ["app2 (2)"],
    });
    expect(entries).toMatchObject([
      { level: "ERROR", source: "PLUGIN", plugin: "app1", hook: "processEvent" },
    ]);
    expect(entries[0]?.message).toContain("lost");
  });

  test("does not retry an app for an event, whatever it throws", async () => {
    let calls = 0;
    await chain(
      [
        () => {
          calls += 1;
          throw new RetryError("later");
        },
      ],
      [event()],
    );
    expect(calls).toBe(1);
  });

  test.each(["text", 7, [], true, {}])("counts %j as a failure and keeps the event", async (result) => {
    const { outcomes } = await chain([() => result], [event({ properties: { kept: 1 } })]);
    expect(propertiesOf(outcomes[0])).toMatchObject({ kept: 1, $plugins_failed: ["app1 (1)"] });
  });

  test("resets team_id, counts its change as a failure and keeps the other changes", async () => {
    const { outcomes } = await chain(
      [(entered) => Object.assign(entered, { team_id: 400, properties: { x: 1 } })],
      [event()],
    );
    expect(outcomes[0]).toMatchObject({ event: { team_id: 2 } });
    expect(propertiesOf(outcomes[0])).toMatchObject({ x: 1, $plugins_failed: ["app1 (1)"] });
  });

  test("leaves events without any app's markers when no app took part", async () => {
    const { outcomes } = await chain([{ setupPlugin: () => {} }], [event({ properties: { a: 1 } })]);
    expect(propertiesOf(outcomes[0])).toEqual({ a: 1 });
  });

  test("names apps with deferred hooks, also when none has processEvent", async () => {
    const { outcomes } = await chain([{ onEvent: () => {} }, { exportEvents: () => {} }], [event()]);
    expect(propertiesOf(outcomes[0])).toEqual({
      $plugins_succeeded: [],
      $plugins_failed: [],
      $plugins_deferred: ["app1 (1)", "app2 (2)"],
    });
  });

  test.each(["$snapshot", "$performance_event"])("lets %s pass untouched", async (name) => {
    const { outcomes } = await chain([tag("seen")], [event({ event: name, properties: { data: 1 } })]);
    expect(propertiesOf(outcomes[0])).toEqual({ data: 1 });
  });

  test("does not believe markers that a client sent, or anyone could switch an app off", async () => {
    const forged = { $plugins_succeeded: ["app1 (1)"], $plugins_failed: ["other (9)"] };
    const { outcomes } = await chain([tag("scrubbed")], [event({ properties: forged })]);
    expect(propertiesOf(outcomes[0])).toMatchObject({
      scrubbed: true,
      $plugins_succeeded: ["app1 (1)"],
      $plugins_failed: [],
    });
  });

  test("skips apps that trusted markers name", async () => {
    const { outcomes } = await chain(
      [tag("first"), tag("second")],
      [event({ properties: { $plugins_succeeded: ["app1 (1)"] } })],
      { trustMarkers: true },
    );
    expect(propertiesOf(outcomes[0])).not.toHaveProperty("first");
    expect(propertiesOf(outcomes[0])).toMatchObject({ $plugins_succeeded: ["app1 (1)", "app2 (2)"] });
  });

  test("cuts an app that hangs at the end of the budget, and does not reach the apps behind it", async () => {
    const { outcomes, entries } = await chain([() => new Promise(() => {}), tag("late")], [event()], {
      budgetMs: 20,
    });
    expect(propertiesOf(outcomes[0])).toMatchObject({ $plugins_failed: ["app1 (1)", "app2 (2)"] });
    expect(propertiesOf(outcomes[0])).not.toHaveProperty("late");
    expect(entries[0]?.message).toContain("timed out after promise waited for 0.02 seconds");
  });

  test("keeps the events of one person in order and lets those of others overtake", async () => {
    const seen: string[] = [];
    const gate = Promise.withResolvers<void>();
    const hook: Hook = async (entered) => {
      if (entered.properties?.["wait"]) await gate.promise;
      seen.push(entered.uuid);
      if (entered.uuid === "other") gate.resolve();
      return entered;
    };
    const { outcomes } = await chain(
      [hook],
      [
        event({ uuid: "first", properties: { wait: true } }),
        event({ uuid: "second" }),
        event({ uuid: "other", distinct_id: "u2" }),
      ],
    );
    expect(seen).toEqual(["other", "first", "second"]);
    expect(outcomes.map((outcome) => "event" in outcome && outcome.event.uuid)).toEqual([
      "first",
      "second",
      "other",
    ]);
  });

  test("gives a sequential app one event at a time", async () => {
    let running = 0;
    let most = 0;
    const hook: Hook = async (entered) => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      return entered;
    };
    const people = ["a", "b", "c"].map((id) => event({ distinct_id: id }));
    await chain([hook], people, { sequential: true });
    expect(most).toBe(1);
    most = 0;
    await chain([hook], people);
    expect(most).toBe(3);
  });
});
