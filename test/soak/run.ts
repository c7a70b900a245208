import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "../../src/commands/bench/random.ts";
import { runClient } from "../chaos/client.ts";
import { drain } from "../chaos/drain.ts";
import { createEvents, type SentEvent } from "../chaos/events.ts";
import { createFaults } from "../chaos/faults.ts";
import { createLedger, type Ledger } from "../chaos/ledger.ts";
import { enterDeadLetters, eternalKeys } from "../chaos/remains.ts";
import { startWorld, TOKEN, type World } from "../chaos/world.ts";
import { buildBundle } from "../runtimes/start.ts";
import { openHeap } from "./heap.ts";
import { type Sample, takeSample } from "./sample.ts";
import { type Judgement, judge } from "./verdict.ts";

const CLIENTS = 4;
const SAMPLE_MS = 10_000;
const MINUTE_MS = 60_000;
const DRAIN_MS = 120_000;
/** Exports fail now and then, so that retries are part of the load. */
const EXPORT_FAULTS = 0.02;
const SPEED = 10;

export interface SoakOptions {
  minutes: number;
  eventsPerSecond: number;
  seed: number;
  onSample: (sample: Sample) => void;
}

/** Keeps the gateway under a steady load, and judges what it holds on to. */
export async function runSoak(options: SoakOptions): Promise<Judgement[]> {
  const { bundle, remove } = await buildBundle("workerd", new URL("../chaos/apps", import.meta.url).pathname);
  const ledger = createLedger();
  const faults = createFaults(createRandom(options.seed));
  try {
    const world = await startWorld({ bundle, ledger, faults, speed: SPEED });
    try {
      faults.set(EXPORT_FAULTS, ["export"]);
      const samples = await load(world, ledger, options);
      faults.set(0);
      const { messages, buffers } = await drain(world, { patienceMs: DRAIN_MS });
      await enterDeadLetters(world.redis, ledger);
      const lost = ledger.balance().reduce((sum, balance) => sum + balance.lost.length, 0);
      const eternal = await eternalKeys(world.redis);
      return [
        ...judge(samples),
        {
          text: `keys without a life time: ${eternal.slice(0, 5).join(", ") || "none"}`,
          ok: eternal.length === 0,
        },
        { text: `left over: ${messages} messages, ${buffers} buffer keys`, ok: messages + buffers === 0 },
        { text: `${ledger.totals().acknowledged} events acknowledged, ${lost} lost`, ok: lost === 0 },
      ];
    } finally {
      await world.stop();
    }
  } finally {
    await remove();
  }
}

async function load(world: World, ledger: Ledger, options: SoakOptions): Promise<Sample[]> {
  const { eventsPerSecond, minutes } = options;
  const startMs = Date.now();
  const endMs = startMs + minutes * MINUTE_MS;
  const abort = new AbortController();
  let made = 0;
  const client = (index: number) => {
    const random = createRandom(options.seed + index);
    const next = createEvents(random, () => Date.now());
    return runClient({
      url: world.gatewayUrl,
      token: TOKEN,
      events: Math.floor((minutes * 60 * eventsPerSecond + index) / CLIENTS),
      nextEvent() {
        made += 1;
        return succeeding(next);
      },
      random,
      lossShare: () => 0,
      pace: () => sleep(Math.max(0, startMs + (made * 1000) / eventsPerSecond - Date.now())),
      onSend: ledger.sent,
      onAnswer: (batch, status) => status === 200 && ledger.acknowledged(batch),
      signal: abort.signal,
    });
  };
  const samples: Sample[] = [];
  const heap = await openHeap(world.inspectorPort);
  const watch = async () => {
    let nextTickMs = startMs + MINUTE_MS;
    while (Date.now() < endMs) {
      await sleep(Math.min(SAMPLE_MS, endMs - Date.now()));
      if (Date.now() >= nextTickMs) {
        nextTickMs += MINUTE_MS;
        await world.tick();
      }
      const sample = await takeSample(world, heap, (Date.now() - startMs) / 1000);
      samples.push(sample);
      options.onSample(sample);
    }
  };
  try {
    await Promise.all([...Array.from({ length: CLIENTS }, (_, index) => client(index)), watch()]);
  } finally {
    abort.abort();
    heap.close();
  }
  return samples;
}

/** Dead letters are kept for 30 days: what fails for good would measure only its own number. */
function succeeding(next: () => SentEvent): SentEvent {
  const event = next();
  if (event.event === "broken" || event.event === "hopeless") event.event = "viewed";
  return event;
}
