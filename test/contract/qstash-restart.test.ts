import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Client } from "@upstash/qstash";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Recorder, startRecorder } from "../recorder.ts";
import { type RedisServer, startRedisServer } from "../redis-server.ts";
import { requireProgram } from "../requirements.ts";

const main = new URL("../../src/local/main.ts", import.meta.url).pathname;
/** What is awaited takes a second at most; a loaded machine may need longer. */
const patience = { interval: 20 };

/** The embedded stack as a process of its own, as the gateway starts it. */
interface StackProcess {
  env: Record<string, string>;
  client: Client;
  child: ChildProcess;
}

describe.skipIf(requireProgram("redis-server") === null)("a QStash server killed on a real Redis", () => {
  let redis: RedisServer;
  let destination: Recorder;
  beforeAll(async () => {
    redis = await startRedisServer();
    destination = await startRecorder();
  });
  afterAll(async () => {
    await destination.stop();
    await redis.stop();
  });

  it("loses nothing: what was due, delayed, in flight, queued, dead or scheduled goes on, with the same keys", async () => {
    const paths = () => destination.requests.map((request) => request.path);
    const url = (path: string) => `${destination.url}${path}`;
    destination.answerWith(async ({ path }) => {
      if (path === "/dies") return new Response("no", { status: 500 });
      return path === "/in-flight" || path === "/queued-1" ? new Promise<Response>(() => {}) : new Response();
    });

    const first = await startStackProcess(redis.url);
    await fetch(`${first.env["QSTASH_URL"]}/v2/keys/rotate`, { method: "POST", headers: bearer(first) });
    await first.client.publish({ url: url("/dies"), retries: 0, body: "dead" });
    await expect.poll(async () => (await first.client.dlq.listMessages()).messages.length, patience).toBe(1);
    const inFlight = await first.client.publish({ url: url("/in-flight"), body: "again" });
    const queue = first.client.queue({ queueName: "ordered" });
    await queue.enqueue({ url: url("/queued-1") });
    await queue.enqueue({ url: url("/queued-2") });
    await first.client.publish({ url: url("/delayed"), delay: 1, deduplicationId: "once" });
    await first.client.flowControl.pause("held");
    await first.client.publish({ url: url("/held"), flowControl: { key: "held", rate: 1 } });
    const schedule = { destination: url("/tick"), cron: "0 0 1 1 *", scheduleId: "yearly" };
    await first.client.schedules.create(schedule);
    await expect.poll(() => paths().toSorted(), patience).toEqual(["/dies", "/in-flight", "/queued-1"]);
    await kill(first, "SIGKILL");

    destination.answerWith(() => new Response());
    const second = await startStackProcess(redis.url);
    expect(second.env).toMatchObject({
      QSTASH_TOKEN: first.env["QSTASH_TOKEN"],
      UPSTASH_REDIS_REST_TOKEN: first.env["UPSTASH_REDIS_REST_TOKEN"],
      QSTASH_CURRENT_SIGNING_KEY: first.env["QSTASH_NEXT_SIGNING_KEY"],
    });
    await expect
      .poll(() => paths().slice(3).toSorted(), patience)
      .toEqual(["/delayed", "/in-flight", "/queued-1", "/queued-2"]);
    const again = destination.requests.slice(3).find((request) => request.path === "/in-flight");
    expect(again).toMatchObject({ body: "again", headers: { "upstash-message-id": inFlight.messageId } });
    expect(paths().indexOf("/queued-2")).toBeGreaterThan(paths().lastIndexOf("/queued-1"));

    expect(await second.client.publish({ url: url("/delayed"), deduplicationId: "once" })).toMatchObject({
      deduplicated: true,
    });
    expect(await second.client.flowControl.get("held")).toMatchObject({ isPaused: true, waitListSize: 1 });
    await second.client.flowControl.resume("held");
    const [letter] = (await second.client.dlq.listMessages()).messages;
    await second.client.dlq.retry(letter?.dlqId ?? "");
    await expect.poll(() => paths().slice(7).toSorted(), patience).toEqual(["/dies", "/held"]);
    expect(destination.requests.find((request) => request.path === "/dies")?.body).toBe("dead");
    expect(await second.client.schedules.get("yearly")).toMatchObject({ cron: "0 0 1 1 *", isPaused: false });
    const code = await kill(second, "SIGTERM");
    expect(code).toBe(0);
  });
});

async function startStackProcess(redisUrl: string): Promise<StackProcess> {
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, REDIS_URL: redisUrl },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const env: Record<string, string> = {};
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === "ready") break;
    const [name = "", value = ""] = line.split("=");
    env[name] = value;
  }
  const client = new Client({
    baseUrl: env["QSTASH_URL"] ?? "",
    token: env["QSTASH_TOKEN"] ?? "",
    retry: false,
    enableTelemetry: false,
  });
  return { env, client, child };
}

function bearer(stack: StackProcess): Record<string, string> {
  return { Authorization: `Bearer ${stack.env["QSTASH_TOKEN"]}` };
}

async function kill(stack: StackProcess, signal: NodeJS.Signals): Promise<number | null> {
  const exited = once(stack.child, "exit");
  stack.child.kill(signal);
  const [code] = (await exited) as [number | null];
  return code;
}
