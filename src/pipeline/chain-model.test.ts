import fc from "fast-check";
import { expect, test } from "vitest";
import { bareScope, defineApp, instancesOf } from "../apps/testing.ts";
import type { PluginEvent } from "../event.ts";
import { runChain } from "./chain.ts";
import { createDeadline } from "./deadline.ts";

const TEAM_ID = 2;

/** What an app does with an event; `dropB` drops the events of person b and passes all others on. */
const kinds = {
  change: (event) => mark(event),
  copy: (event) => ({ ...mark({ ...event }) }),
  pass: (event) => event,
  freeze: (event) => Object.freeze(mark(event)),
  dropB: (event) => (event.distinct_id === "b" ? null : event),
  throwAfterChange(event) {
    mark(event);
    throw new Error("after");
  },
  throwAfterCopy(event) {
    mark({ ...event });
    throw "not even an error";
  },
  garbage: (event) => (mark(event), "garbage"),
  list: (event) => [event],
  tamper: (event) => ({ ...mark(event), team_id: 400 }),
} as const satisfies Record<string, (event: PluginEvent) => unknown>;
type Kind = keyof typeof kinds;

const changes = new Set<Kind>(["change", "copy", "freeze", "throwAfterChange", "garbage", "tamper"]);
const fails = new Set<Kind>(["throwAfterChange", "throwAfterCopy", "garbage", "list", "tamper"]);
const label = (index: number) => `app${index + 1} (${index + 1})`;

/** The rules of the chain for one event (decisions 18). */
function model(apps: readonly Kind[], person: string) {
  const left = { person, team: TEAM_ID, marks: 0, succeeded: [] as string[], failed: [] as string[] };
  for (const [index, kind] of apps.entries()) {
    if (kind === "dropB" && person === "b") return `dropped by ${label(index)}`;
    if (changes.has(kind)) left.marks += 1;
    (fails.has(kind) ? left.failed : left.succeeded).push(label(index));
  }
  return left;
}

function mark(event: PluginEvent): PluginEvent {
  event.properties = { ...event.properties, marks: Number(event.properties?.["marks"] ?? 0) + 1 };
  return event;
}

interface App {
  kind: Kind;
  /** Turns of the event loop that it waits; null = it is synchronous. */
  turns: number | null;
  sequential: boolean;
}

const anyApp: fc.Arbitrary<App> = fc.record({
  kind: fc.constantFrom(...(Object.keys(kinds) as Kind[])),
  turns: fc.option(fc.integer({ min: 0, max: 4 })),
  sequential: fc.boolean(),
});

/** Runs the chain; resolves to its outcomes in the model's terms, and to which event each app saw when. */
async function run(apps: readonly App[], people: readonly string[]) {
  const seen = apps.map((): number[] => []);
  const definitions = apps.map(({ kind, turns, sequential }, index) => {
    const act = (event: PluginEvent) => (seen[index]?.push(Number(event.offset)), kinds[kind](event));
    const later = async (event: PluginEvent) => {
      for (let turn = 0; turn < Number(turns); turn += 1) await Promise.resolve();
      return act(event);
    };
    return defineApp(`app${index + 1}`, { processEvent: turns === null ? act : later }, { sequential });
  });
  const deadline = createDeadline(60_000);
  const outcomes = await runChain(
    people.map((person, offset) => newEvent(person, offset)),
    {
      instances: instancesOf(definitions),
      scope: bareScope(),
      teamId: TEAM_ID,
      deadline,
      trustMarkers: false,
    },
  );
  deadline.clear();
  const results = outcomes.map((outcome) => {
    if ("droppedBy" in outcome) return `dropped by ${outcome.droppedBy.label}`;
    const { distinct_id: person, team_id: team, properties = {} } = outcome.event;
    return {
      person,
      team,
      marks: properties["marks"] ?? 0,
      succeeded: properties["$plugins_succeeded"] ?? [],
      failed: properties["$plugins_failed"] ?? [],
    };
  });
  return { results, seen };
}

function newEvent(person: string, offset: number): PluginEvent {
  const now = "2026-01-01T00:00:00.000Z";
  const from = { now, ip: null, site_url: "https://edge.example.com", team_id: TEAM_ID };
  return { uuid: `event ${offset}`, event: "e", distinct_id: person, offset, ...from };
}

test("the chain agrees with a model of its rules, and keeps each person's events in order at every app, and all at a sequential one", async () => {
  const people = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.array(anyApp, { maxLength: 6 }), people, async (apps, persons) => {
      const { results, seen } = await run(apps, persons);
      const order = apps.map(({ kind }) => kind);
      expect(results).toEqual(persons.map((person) => model(order, person)));
      for (const [index, offsets] of seen.entries()) {
        if (apps[index]?.sequential) expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
        for (const person of new Set(persons)) {
          const own = offsets.filter((offset) => persons[offset] === person);
          expect(own).toEqual(own.toSorted((a, b) => a - b));
        }
      }
    }),
    { numRuns: 1000 },
  );
});

test("an app that hangs fails with all behind it when the budget ends, and none before it does", async () => {
  const before = fc.array(fc.constantFrom<Kind>("change", "copy", "garbage"), { maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(before, fc.nat({ max: 3 }), async (first, behind) => {
      const hooks = [
        ...first.map((kind) => kinds[kind]),
        () => new Promise(() => {}),
        ...Array.from({ length: behind }, () => kinds.change),
      ];
      const apps = hooks.map((processEvent, index) => defineApp(`app${index + 1}`, { processEvent }));
      const deadline = createDeadline(5);
      const [outcome] = await runChain([newEvent("a", 0)], {
        instances: instancesOf(apps),
        scope: bareScope(),
        teamId: TEAM_ID,
        deadline,
        trustMarkers: false,
      });
      deadline.clear();
      const expected = model(first, "a") as Exclude<ReturnType<typeof model>, string>;
      const hung = Array.from({ length: behind + 1 }, (_, index) => label(first.length + index));
      expect(outcome && "event" in outcome && outcome.event.properties).toMatchObject({
        $plugins_succeeded: expected.succeeded,
        $plugins_failed: [...expected.failed, ...hung],
      });
    }),
    { numRuns: 30 },
  );
});
