import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { compile } from "../../compiler/index.ts";
import { freePort } from "../../local/free-port.ts";
import { startStack } from "../../local/stack.ts";
import { startWorker } from "../../local/workerd.ts";
import { bundleWorker, compatibility, root } from "../bundle.ts";
import { describeEvent, judge } from "./account.ts";
import { startDestinations } from "./destinations.ts";
import { sendSession } from "./session.ts";

const usage = `Usage: npm run demo

Shows the main job on this machine alone: the gateway on workerd with the five apps of plugins/, an embedded Redis and
QStash, a stand-in for PostHog and a warehouse that is down at first. Takes some ten seconds; exits 0 only if all of it came
out as expected.
`;

const TOKEN = "phc_demo";
const ADMIN_TOKEN = "demo-admin-token";
/** The exporter waits 2 s for its batch and 6 s before it tries again. */
const PATIENCE_MS = 40_000;

if (process.argv.includes("--help")) {
  console.log(usage);
  process.exit(0);
}

const directory = await mkdtemp(join(tmpdir(), "edgehog-demo-"));
const finished: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })];
try {
  process.exitCode = (await demo()) ? 0 : 1;
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  for (const finish of finished.toReversed()) await finish();
}

async function demo(): Promise<boolean> {
  say("Building the Worker with the apps of plugins/ …");
  const bundle = await build();

  const destinations = await startDestinations();
  finished.push(destinations.stop);
  const stack = await startStack();
  finished.push(stack.stop);
  const port = await freePort();
  const log: string[] = [];
  const worker = await startWorker({
    bundle,
    port,
    compatibility: await compatibility(),
    log: (line) => log.push(line),
    bindings: {
      ...stack.env,
      PROJECT_TOKENS: TOKEN,
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      POSTHOG_HOST: `${destinations.url}/posthog`,
      WAREHOUSE_URL: `${destinations.url}/warehouse`,
      ADMIN_TOKEN,
    },
  });
  finished.push(worker.stop);
  say(`Started the gateway on workerd (${worker.url}), Redis and QStash on this machine.`);

  const sent = await sendSession(worker.url, TOKEN);
  say(`\nSent with posthog-node, acknowledged by the gateway:`);
  for (const { event, distinctId, properties } of sent) {
    say(`  → ${describeEvent({ event, distinct_id: distinctId, properties })}`);
  }
  // Heartbeat reports what it has counted, so its events must have been delivered.
  await until(() => destinations.posthog.length >= 5, "PostHog to get the session's events");
  await runHeartbeat(worker.url);
  await until(() => judge(destinations, log).every(({ ok }) => ok), "everything to arrive");

  say(`\nArrived at PostHog:`);
  for (const event of destinations.posthog) say(`  ← ${describeEvent(event)}`);
  say(`\nArrived at the warehouse:`);
  for (const { status, events } of destinations.webhook) {
    say(`  ← ${status} ${events.map(({ event }) => event).join(", ")}`);
  }
  const { redis, qstash } = stack.counters();
  say(`\nWhat it took: ${qstash.deliveries} QStash messages, ${redis.commands} Redis commands.\n`);
  const findings = judge(destinations, log);
  for (const { ok, text } of findings) say(`  ${ok ? "✓" : "✗"} ${text}`);
  const passed = findings.every(({ ok }) => ok);
  if (!passed) say(`\nThe gateway's log:\n${log.join("\n")}`);
  say(passed ? "\nAll of it came out as expected." : "\nSomething did not come out as expected.");
  return passed;
}

/** The apps of `plugins/` with the demo's own chain and configuration. */
async function build(): Promise<string> {
  const pluginsDirectory = join(directory, "plugins");
  await cp(join(root, "plugins"), pluginsDirectory, { recursive: true });
  await cp(join(import.meta.dirname, "apps.json"), join(pluginsDirectory, "apps.json"));
  const outDirectory = join(directory, "registry");
  await compile({ pluginsDirectory, outDirectory });
  return bundleWorker(join(directory, "worker"), join(outDirectory, "registry.js"));
}

async function runHeartbeat(url: string): Promise<void> {
  const answer = await fetch(`${url}/admin/api/apps/heartbeat/run`, {
    method: "POST",
    headers: { Authorization: `Bearer ${ADMIN_TOKEN}` },
    body: JSON.stringify({ task: "runEveryMinute" }),
  });
  if (answer.status !== 202)
    throw new Error(`heartbeat was not started: ${answer.status} ${await answer.text()}`);
}

/** Waits for a condition; gives up without an error, since the demo says at its end what is missing. */
async function until(condition: () => boolean, what: string): Promise<void> {
  say(`Waiting for ${what} …`);
  const end = Date.now() + PATIENCE_MS;
  while (!condition() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 100));
}

function say(line: string): void {
  console.log(line);
}
