import { afterEach, expect, test } from "vitest";
import { defineApp } from "../src/apps/testing.ts";
import type { Fate } from "./faults.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

const MINUTE_MS = 60_000;

/** More calls of Redis than these deliveries make. */
const MAX_CALLS = 60;

let edge: TestGateway;
afterEach(() => edge.stop());

/** An app whose hooks fail for good at first, and then no more. */
function moody() {
  const tried = new Set<string>();
  const failAtFirst = (hook: string) => {
    if (tried.has(hook)) return;
    tried.add(hook);
    throw new Error("bug");
  };
  return defineApp("moody", {
    onEvent: () => failAtFirst("onEvent"),
    exportEvents: () => failAtFirst("exportEvents"),
  });
}

/** Lives a quarter of an hour in which Redis's call number `nth` meets `fate`; resolves to whether there was such a call. */
async function live(nth: number, fate: Fate): Promise<boolean> {
  edge = await startTestGateway({ apps: [moody()] });
  let refusing = true;
  edge.posthog.answerWith(() => {
    const answer = refusing ? new Response("no", { status: 400 }) : Response.json({ status: "Ok" });
    refusing = false;
    return answer;
  });
  await edge.capture({ event: "e", distinct_id: "u1" });
  let calls = 0;
  edge.faults.decide(({ to }) => (to === "redis" && calls++ === nth ? fate : "pass"));
  for (let minute = 0; minute < 15; minute += 1) {
    await edge.settle().catch(() => {});
    if (edge.faults.crashed) edge.restart();
    await edge.advance(MINUTE_MS);
    if (minute % 5 === 4) await edge.scheduled(edge.clock.now()).catch(() => {});
    if (edge.faults.crashed) edge.restart();
  }
  return calls > nth;
}

test.each<Fate>(["crash before", "crash after", "refuse", "lose answer"])(
  "an event is a dead letter exactly where it is counted as dead, and delivered where it is not (%s at any call of Redis)",
  async (fate) => {
    for (let nth = 0; ; nth += 1) {
      expect(nth).toBeLessThan(MAX_CALLS);
      const met = await live(nth, fate);
      const letters = (await edge.deadLetters()).map(({ hook }) => hook).toSorted();
      const { destinations } = await edge.accounts();
      const dead = destinations.filter((destination) => destination.dead === 1).map(({ hook }) => hook);
      expect({ nth, letters }).toEqual({ nth, letters: dead.toSorted() });
      expect(destinations.map(({ hook }) => hook).toSorted()).toEqual(["exportEvents", "onEvent", "posthog"]);
      for (const { routed, delivered, dead: lost } of destinations) {
        expect({ nth, routed, ended: delivered + lost }).toEqual({ nth, routed: 1, ended: 1 });
      }
      if (!met) return;
      await edge.stop();
    }
  },
  120_000,
);
