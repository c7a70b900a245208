import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFakeClock } from "../../testing/clock.ts";
import { RedisUnavailableError, type RedisBackend } from "../redis/backend.ts";
import { createMemoryBackend } from "../redis/memory.ts";
import { createQStash, type QStash } from "./qstash.ts";

const token = "token";

/** What a publisher asks for; `failures` is how often the destination refuses the message first. */
const message = fc.record({
  kind: fc.constantFrom("plain", "queued", "limited"),
  delaySeconds: fc.integer({ min: 0, max: 3 }),
  failures: fc.integer({ min: 0, max: 2 }),
});
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("publish" as const), message, whileDelivering: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("deliver" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("wait" as const), seconds: fc.integer({ min: 1, max: 5 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("restart" as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("fail" as const),
      after: fc.integer({ min: 0, max: 6 }),
      applied: fc.boolean(),
    }),
  },
);

type Publish = typeof message extends fc.Arbitrary<infer Value> ? Value : never;
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** A store that fails once, some transactions from now, with or without effect. */
function createFailingBackend() {
  const backend = createMemoryBackend();
  let countdown = Number.POSITIVE_INFINITY;
  let applied = false;
  const failing: RedisBackend = {
    ...backend,
    async transaction(commands) {
      if (countdown-- > 0) return backend.transaction(commands);
      countdown = Number.POSITIVE_INFINITY;
      if (applied) await backend.transaction(commands);
      throw new RedisUnavailableError("connection lost");
    },
  };
  const failLater = (after: number, withEffect: boolean) => {
    countdown = after;
    applied = withEffect;
  };
  return { failing, failLater };
}

async function run(steps: readonly Step[]): Promise<void> {
  const { failing, failLater } = createFailingBackend();
  const clock = createFakeClock();
  const accepted = new Set<string>();
  const delivered: string[] = [];
  const refusals = new Map<string, number>();
  const overlaps: string[] = [];

  /** Starts a server. `kill` ends its process: nothing of what it is at gets out any more. */
  function open(): { qstash: QStash; kill: () => void } {
    const underWay = new Set<string>();
    let isAlive = true;
    const whileAlive = <Result>(act: () => Promise<Result>) =>
      isAlive ? act() : new Promise<Result>(() => {});
    const qstash = createQStash({
      backend: {
        ...failing,
        command: (...call) => whileAlive(() => failing.command(...call)),
        transaction: (...call) => whileAlive(() => failing.transaction(...call)),
      },
      token,
      currentSigningKey: "sig_1",
      nextSigningKey: "sig_2",
      clock,
      async fetch(url) {
        const name = new URL(url).pathname;
        if (underWay.has(name)) overlaps.push(name);
        underWay.add(name);
        await nextTurn();
        if (!isAlive) return new Promise<Response>(() => {});
        underWay.delete(name);
        const left = refusals.get(name) ?? 0;
        refusals.set(name, left - 1);
        if (left > 0) return new Response(null, { status: 500 });
        delivered.push(name);
        return new Response();
      },
    });
    return { qstash, kill: () => (isAlive = false) };
  }
  let { qstash, kill } = open();
  const deliver = () => qstash.deliverDue().catch(() => 0);

  const publish = async ({ kind, delaySeconds, failures }: Publish, name: string) => {
    refusals.set(name, failures);
    const path = kind === "queued" ? "enqueue/queue" : "publish";
    const flow = { "Upstash-Flow-Control-Key": "key", "Upstash-Flow-Control-Value": "rate=1, period=2s" };
    const response = await qstash.fetch(
      new Request(`http://qstash/v2/${path}/http://destination${name}`, {
        method: "POST",
        headers: {
          Authorization: `Bearer ${token}`,
          "Upstash-Delay": `${delaySeconds}s`,
          "Upstash-Retry-Delay": "1000",
          ...(kind === "limited" ? flow : {}),
        },
      }),
    );
    if (response.status === 200) accepted.add(name);
  };

  for (const [index, each] of steps.entries()) {
    if (each.do === "publish") {
      await Promise.all([publish(each.message, `/${index}`), each.whileDelivering && deliver()]);
    }
    if (each.do === "deliver") await deliver();
    if (each.do === "wait") clock.set(clock.now() + each.seconds * 1000);
    if (each.do === "fail") failLater(each.after, each.applied);
    if (each.do === "restart") {
      kill();
      ({ qstash, kill } = open());
    }
  }
  failLater(Number.POSITIVE_INFINITY, false);
  for (let second = 0; second < 4 * steps.length + 20; second++) {
    await qstash.deliverDue();
    clock.set(clock.now() + 1000);
  }
  expect(overlaps).toEqual([]);
  expect(delivered).toEqual(expect.arrayContaining([...accepted]));
  expect(await qstash.nextDueAt()).toBeNull();
  await failing.close();
}

describe("a QStash server, restarted and cut off from Redis at any moment", () => {
  it("delivers every message that it accepted, and none twice at the same time", async () => {
    const one = { delaySeconds: 0, failures: 0 };
    // Redis fails, and then the process ends, while an attempt is under way.
    const cutOff: Step[] = [
      { do: "publish", message: { kind: "limited", ...one }, whileDelivering: false },
      { do: "publish", message: { kind: "plain", ...one }, whileDelivering: false },
      { do: "fail", after: 3, applied: false },
      { do: "deliver" },
      { do: "restart" },
    ];
    const property = fc.asyncProperty(fc.array(step, { maxLength: 30 }), run);
    await fc.assert(property, { numRuns: 100, examples: [[cutOff]] });
  });
});
