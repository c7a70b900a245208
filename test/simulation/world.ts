import { createHash } from "node:crypto";
import { sendUntilAccepted } from "./client.ts";
import { type Cluster, createCluster } from "./cluster.ts";
import { createFaults } from "./faults.ts";
import { tokens } from "./isolates.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import { type Call, createNetwork, type Fate, type Work } from "./network.ts";
import { createOutside } from "./outside.ts";
import { createRandom } from "./random.ts";
import type { Deployment, Item, Schedule } from "./schedule.ts";
import { startStack } from "./stack.ts";
import { describeItem } from "./story.ts";
import { createTaskWatch } from "./task-watch.ts";
import { createVirtualTime, replaceGlobals } from "./time.ts";

const START_MS = Date.UTC(2030, 0, 31, 11, 58, 20);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Minutes after healing in which all ticks come; after that, one comes when something else is due. */
const FULL_TICKS = 3;
/** QStash offers a message for the last time 31 hours after the first. */
const MAX_RECOVERY_MS = 96 * HOUR_MS;

/** What is left of a world when its schedule is over and it has come to rest. */
export interface History {
  ledger: Ledger;
  /** Lines for people: what happened when. */
  story: readonly string[];
  /** Every call there was, with a digest of what it said: equal where the histories are. */
  calls: readonly string[];
  /** Faults that really hit a call, by fate and host. */
  faults: ReadonlyMap<string, number>;
  deployments: readonly Deployment[];
  /** Whether any clock was changed. */
  jumped: boolean;
  redis(...command: string[]): Promise<unknown>;
  qstashDeadLetters: number;
  /** Gives the platform its own time back. Until then what has expired in the world's time is gone. */
  close(): Promise<void>;
}

/**
 * Lives a schedule: the real gateway, in several isolates, over the embedded Redis and QStash, on a network and a clock of the
 * simulation's own. The same schedule gives the same history.
 */
export async function live(schedule: Schedule): Promise<History> {
  const random = createRandom(schedule.seed ^ 0x5eed);
  const time = createVirtualTime(START_MS);
  const ledger = createLedger();
  const story: string[] = [];
  const calls: string[] = [];
  const counted = new Map<string, number>();
  const tell = (what: string) => story.push(`${new Date(time.now()).toISOString().slice(8, 23)} ${what}`);
  const write = (line: string) => ledger.logs.push(line);

  let isStarting = true;
  const restore = replaceGlobals(time, {
    fetch: (input, init) => network.fetch(input, init),
    write,
    // The engine of Redis sweeps expired keys ten times a second. They are gone for readers without that.
    mayFire: () => (isStarting ? () => false : network.mayFire()),
  });
  const stack = await startStack(time, (url, init) => network.fetch(url, init));
  isStarting = false;

  const { qstash } = stack;
  const outside = createOutside(time, ledger);
  const faults = createFaults();
  const watch = createTaskWatch(ledger);
  const network = createNetwork({
    time,
    random: random.fork(),
    hosts: { ...stack.hosts, posthog: outside.posthog, warehouse: outside.warehouse },
    isolate: () => cluster.pick(),
    fateOf: faults.fateOf,
    onCall,
    onKill(isolate) {
      tell(`${isolate.name} ends, with all that it was at`);
      const crash = { what: "crash", atMs: time.now() };
      ledger.disturb([], crash);
      for (const work of network.works(isolate)) ledger.disturb(namesOf(work), crash);
      cluster.replace(isolate);
    },
  });
  const { signingKeys } = stack;
  const cluster: Cluster = createCluster({ time, random, network, signingKeys, write, tell });

  function onCall(call: Call, fate: Fate): void {
    const { to, path, work, events } = call;
    watch.onCall(call);
    if (path === "/_gateway/deliver") ledger.noteDelivery(events, time.now());
    const from = work ? `${work.isolate.name} ${work.what}` : "outside";
    const what = `${fate} ${to}`;
    const said = createHash("sha256").update(call.body).digest("base64url").slice(0, 12);
    calls.push(`${time.now() - START_MS} ${from} → ${to} ${path} ${said} ${fate}`);
    if (to === "edge") tell(`→ ${path} [${[...events].join()}]${fate === "pass" ? "" : `: ${fate}`}`);
    else if (fate !== "pass") tell(`${from} → ${to} ${path}: ${fate}`);
    if (fate === "pass") return;
    // What QStash brings twice is one message; what a client's request becomes twice may be two.
    if (fate === "twice" && !path.startsWith("/_gateway/")) ledger.noteSent(events);
    counted.set(what, (counted.get(what) ?? 0) + 1);
    if (work && to === "redis") ledger.unheard.add(work.what);
    const brought = isOfLetter(path) ? ledger.sent.keys() : events;
    ledger.disturb(new Set([...brought, ...(work ? namesOf(work) : [])]), { what, atMs: time.now() });
  }

  /** Events that a piece of work may be about: a dead letter's are in Redis, so that it may be any. */
  function namesOf(work: Work): Iterable<string> {
    return isOfLetter(work.what) ? ledger.sent.keys() : work.events;
  }

  /** A person does not see to it that it worked. */
  function replayLetters(): void {
    ledger.replays += 1;
    const headers = { Authorization: `Bearer ${tokens.admin}`, "Content-Type": "application/json" };
    const body = JSON.stringify({ filter: {} });
    const url = "http://edge.test/admin/api/deadletters/replay";
    void network.fetch(url, { method: "POST", headers, body }).catch(() => {});
  }

  let cron: "as usual" | "missed" | "twice" = "as usual";
  let sending = 0;
  let jumped = false;
  function act(item: Item): void {
    if (item.do !== "fault") tell(describeItem(item));
    switch (item.do) {
      case "send":
      case "repeat":
        sending += 1;
        void sendUntilAccepted(item, { time, ledger, fetch: network.fetch })
          .catch((error: Error) => ledger.violations.push(error.message))
          .finally(() => (sending -= 1));
        return;
      case "fault":
        faults.begin(item);
        return;
      case "trouble":
        time.after(item.forMs, faults.begin(item));
        return;
      case "kill": {
        const isolate = cluster.isolates[item.which];
        if (isolate) network.kill(isolate);
        return;
      }
      case "jump": {
        const isolate = cluster.isolates[item.which];
        if (isolate) isolate.skewMs += item.byMs;
        jumped = true;
        return;
      }
      case "deploy":
        return cluster.deploy(item.deployment, item.gentle);
      case "rotate":
        void stack.rotateKeys().then(cluster.rekey);
        return;
      case "cron":
        cron = item.how;
        time.after(item.forMs, () => (cron = "as usual"));
        return;
      case "replay":
        return replayLetters();
      case "answers":
        outside.answerWith(item.of, item.status);
        time.after(item.forMs, () => outside.answerWith(item.of, null));
    }
  }

  /** Lets everything happen that is due until then. */
  async function runUntil(endMs: number): Promise<void> {
    // What was begun since waits for nothing yet, and time must not pass it by.
    await time.settled();
    for (;;) {
      const due = await qstash.nextDueAt();
      if (due !== null && due <= time.now()) {
        void qstash.deliverDue().catch((error: Error) => ledger.violations.push(`QStash: ${error.message}`));
        await time.settled();
      }
      const limit = Math.min(endMs, due !== null && due > time.now() ? due : endMs);
      if (await time.step(limit)) continue;
      time.skipTo(limit);
      if (limit === endMs) return;
    }
  }

  async function breakThings(untilMs: number): Promise<void> {
    for (const item of schedule.items) time.after(item.at, () => act(item));
    while (time.now() < untilMs) {
      await runUntil(Math.min(untilMs, nextMinute(time.now())));
      if (time.now() < untilMs) cluster.tick({ missed: 0, "as usual": 1, twice: 2 }[cron]);
    }
  }

  async function heal(): Promise<void> {
    tell("from here on nothing breaks");
    faults.heal();
    outside.heal();
    for (const isolate of cluster.isolates) isolate.skewMs = 0;
    cluster.deploy("all", true);
    const latest = time.now() + MAX_RECOVERY_MS;
    for (let minute = 0; ; minute += 1) {
      const next = (await qstash.nextDueAt()) ?? time.now() + HOUR_MS;
      const isOften = minute < FULL_TICKS || sending > 0;
      await runUntil(isOften ? nextMinute(time.now()) : Math.max(next, nextMinute(time.now())));
      const isIdle = sending === 0 && network.busy === 0 && (await qstash.nextDueAt()) === null;
      if (minute >= FULL_TICKS && isIdle && !(await stack.hasBuffers())) break;
      if (time.now() > latest) {
        ledger.violations.push("it never came to rest");
        break;
      }
      cluster.tick(1);
    }
    await runUntil(time.now() + MINUTE_MS);
  }

  try {
    await breakThings(START_MS + schedule.healsAt);
    await heal();
  } catch (error) {
    restore();
    throw error;
  }
  return {
    ledger,
    story,
    calls,
    faults: counted,
    deployments: cluster.deployments,
    jumped,
    redis: stack.redis,
    qstashDeadLetters: qstash.counters().deadLettered,
    close() {
      restore();
      return stack.close();
    },
  };
}

const isOfLetter = (path: string) => path.startsWith("/_gateway/letter");

const nextMinute = (timeMs: number) => (Math.floor(timeMs / MINUTE_MS) + 1) * MINUTE_MS;
