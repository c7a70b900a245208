import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LogEntry } from "../../src/apps/log.ts";
import { type DeliveredEvent, startTestGateway } from "../gateway.ts";
import { type Recorder, startRecorder } from "../recorder.ts";
import { hostileApps, misdeedsOf } from "./apps.ts";

const throwing = new Set(await misdeedsOf("throwing"));
const looping = new Set(await misdeedsOf("looping"));

/** A gateway with a hostile app between two that behave. */
export interface Surroundings {
  url: string;
  token: string;
  /** What PostHog got. */
  delivered(): DeliveredEvent[];
  log(): LogEntry[];
  /** Lets everything that is due happen. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

/** Small limits, so that misdeeds are over soon. */
export const HOSTILE_SETTINGS = {
  LOOP_LIMIT: "200000",
  CHAIN_BUDGET_SECONDS: "2",
  TASK_TIMEOUT_SECONDS: "1",
} as const;

const hooks = ["processEvent", "onEvent"] as const;

/** Some misdeeds keep a busy machine at work for long. */
const PATIENCE = { timeout: 40_000 };

/** Loops that are cut where nobody can say any more whose they were: in what an app left in its event. */
const unattributed = new Set([
  "loops in a property's getter",
  "loops in toJSON",
  "loops in toString",
  "loops in a sort",
]);

/**
 * Runs misdeeds beside apps that behave, whose results must be the same as without the hostile app: those for
 * events of the same request, and of the next one.
 */
export function testHostile(
  runtime: string,
  start: (hookUrl: string) => Promise<Surroundings>,
  chosen: readonly string[],
): void {
  describe(`beside a hostile app on ${runtime}`, () => {
    let recorder: Recorder;
    let edge: Surroundings;
    let expected: { delivered: string; onEvent: string };

    beforeAll(async () => {
      recorder = await startRecorder();
      expected = await withoutHostile(recorder);
      edge = await start(recorder.url);
    });
    afterAll(async () => {
      await edge?.stop();
      await recorder?.stop();
    });

    const send = (...events: object[]) =>
      fetch(`${edge.url}/batch/`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ api_key: edge.token, batch: events }),
      });
    const arrival = async (uuid: string): Promise<DeliveredEvent> => {
      await edge.settle();
      const find = () => edge.delivered().find((event) => event.uuid === uuid);
      await expect.poll(find, PATIENCE).toBeDefined();
      return find() as DeliveredEvent;
    };

    for (const hook of hooks) {
      test.each(chosen)(`that in ${hook} %s, its neighbours' results stay the same`, async (misdeed) => {
        const logged = edge.log().length;
        const [first, second, third] = [bystander(), bystander(), bystander()];
        const neighbours = [first, second, third];
        const deed = { ...bystander(), event: "deed", properties: { misdeed, where: hook } };

        expect((await send(first, deed, second)).status).toBe(200);
        expect((await send(third)).status).toBe(200);

        for (const { uuid } of neighbours) expect(portrait(await arrival(uuid))).toBe(expected.delivered);
        await edge.settle();
        for (const { uuid } of neighbours) {
          await expect.poll(() => hookPortrait(recorder, uuid), PATIENCE).toBe(expected.onEvent);
        }
        const { properties } = await arrival(deed.uuid);
        if (misdeed === "looks for a way out" && hook === "processEvent") {
          expect(properties["escapes"]).toEqual([]);
        }
        // A deferred hook's result is not looked at.
        const isCut = hook === "processEvent" && looping.has(misdeed) && !unattributed.has(misdeed);
        const fails = throwing.has(misdeed) || isCut;
        if (!fails) return;
        if (hook === "processEvent") expect(properties["$plugins_failed"]).toContain("hostile (2)");
        const attributed = () =>
          edge
            .log()
            .slice(logged)
            .filter(
              (entry) => entry.plugin === "hostile" && entry.project === edge.token && entry.hook === hook,
            );
        await expect.poll(() => attributed().length, PATIENCE).toBeGreaterThan(0);
      });
    }
  });
}

/** An event like every other, but for its identity. */
function bystander() {
  return {
    uuid: randomUUID(),
    event: "seen",
    distinct_id: randomUUID(),
    timestamp: "2026-01-01T09:00:00.000Z",
    properties: { page: "/", $lib: "web" },
  };
}

/** What the apps that behave make of an event, as text; without whose it is, its address, and the hostile app's marks. */
function portrait(event: DeliveredEvent): string {
  const { uuid: _uuid, distinct_id: _person, ...rest } = event;
  const { $ip: _address, ...properties } = event.properties;
  return withoutMarks({ ...rest, properties });
}

function hookPortrait({ requests }: Recorder, uuid: string): string | undefined {
  for (const { json } of requests) {
    const { hook, event } = (json ?? {}) as {
      hook?: string;
      event?: DeliveredEvent & { ip?: string; team_id?: number };
    };
    if (hook !== "onEvent" || event?.uuid !== uuid) continue;
    const { ip: _ip, team_id: _team, ...rest } = event;
    return portrait(rest);
  }
  return undefined;
}

function withoutMarks(event: object): string {
  return JSON.stringify(event, (_name, value: unknown) =>
    Array.isArray(value) ? value.filter((item) => item !== "hostile (2)") : value,
  );
}

/** The same events where there is no hostile app. */
async function withoutHostile(recorder: Recorder): Promise<{ delivered: string; onEvent: string }> {
  const apps = (await hostileApps()).filter(({ plugin }) => plugin !== "hostile");
  const edge = await startTestGateway({ apps, settings: { ...HOSTILE_SETTINGS, HOOK_URL: recorder.url } });
  try {
    const event = bystander();
    await edge.capture(event);
    await edge.settle();
    const [delivered] = edge.delivered();
    if (!delivered) throw new Error("PostHog got nothing");
    return { delivered: portrait(delivered), onEvent: hookPortrait(recorder, event.uuid) ?? "" };
  } finally {
    await edge.stop();
  }
}
