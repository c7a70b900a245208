import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { AWKWARD, AWKWARD_RECEIVED, CLOCK_SKEW_MS, TOKEN, type Told } from "../told.ts";
import type { ChildOptions } from "./child.ts";
import { shiftDate } from "./clock.ts";

/** What servers call of posthog-node, from 2.x to 5.x. */
interface Sdk {
  capture(message: Record<string, unknown>): void;
  identify(message: Record<string, unknown>): void;
  groupIdentify(message: Record<string, unknown>): void;
  alias(message: Record<string, unknown>): void;
  shutdown(): unknown;
  /** Before 4.0 only this one can be awaited. */
  shutdownAsync?(): Promise<void>;
}

const CLARA = "clara";
/** Between messages: releases 3 and 4 prepare them concurrently, and would send them in another order than told. */
const PAUSE_MS = 100;
const THREE_DAYS_MS = 3 * 24 * 60 * 60 * 1000;

/** posthog-node: every kind of message it has, flushed in twos and at the end. Writes what it told the SDK to stdout. */
async function run({ folder, version, host }: ChildOptions): Promise<void> {
  const rightNow = Date.now.bind(Date);
  shiftDate(CLOCK_SKEW_MS);
  const { PostHog } = createRequire(import.meta.url)(folder) as {
    PostHog: new (token: string, options: Record<string, unknown>) => Sdk;
  };
  const client = new PostHog(TOKEN, { host, flushAt: 2, flushInterval: 60_000 });
  const sender = { $lib: "posthog-node", $lib_version: version };
  const groups = { company: "acme" };
  const told: Told[] = [];

  told.push({
    atMs: rightNow(),
    event: "order placed",
    distinct_id: CLARA,
    properties: { ...sender, ...AWKWARD_RECEIVED, $groups: groups },
  });
  client.capture({ distinctId: CLARA, event: "order placed", properties: AWKWARD, groups });
  await sleep(PAUSE_MS);

  const atMs = rightNow() - THREE_DAYS_MS;
  const uuid = randomUUID();
  told.push({
    atMs,
    event: "imported",
    distinct_id: "ⓚ 7",
    ...(Number.parseInt(version, 10) >= 3 ? { uuid } : {}),
    properties: { ...sender, row: 1 },
  });
  client.capture({
    distinctId: "ⓚ 7",
    event: "imported",
    properties: { row: 1 },
    timestamp: new Date(atMs + CLOCK_SKEW_MS),
    uuid,
  });
  await sleep(PAUSE_MS);

  told.push({
    atMs: rightNow(),
    event: "$identify",
    distinct_id: CLARA,
    properties: sender,
    $set: { email: "clara@example.com" },
  });
  client.identify({ distinctId: CLARA, properties: { email: "clara@example.com" } });
  await sleep(PAUSE_MS);

  told.push({
    atMs: rightNow(),
    event: "$groupidentify",
    distinct_id: "$company_acme",
    properties: {
      ...sender,
      $group_type: "company",
      $group_key: "acme",
      $group_set: { name: "Acme & Söhne" },
    },
  });
  client.groupIdentify({ groupType: "company", groupKey: "acme", properties: { name: "Acme & Söhne" } });
  await sleep(PAUSE_MS);

  told.push({
    atMs: rightNow(),
    event: "$create_alias",
    distinct_id: CLARA,
    properties: { ...sender, alias: "device-1", distinct_id: CLARA },
  });
  client.alias({ distinctId: CLARA, alias: "device-1" });

  await (client.shutdownAsync?.() ?? client.shutdown());
  process.stdout.write(JSON.stringify(told));
}

await run(JSON.parse(process.argv[2] ?? "{}") as ChildOptions);
