import { describe, expect, it, onTestFinished } from "vitest";
import { createFakeClock } from "../../testing/clock.ts";
import { startRecorder } from "../../../test/recorder.ts";
import { RedisUnavailableError, type RedisBackend } from "../redis/backend.ts";
import { createMemoryBackend } from "../redis/memory.ts";
import { createQStash } from "./qstash.ts";

const token = "token";

/** A store whose connection a test cuts: before anything takes effect, or after a transaction did, its answer lost. */
function createFragileBackend() {
  const backend = createMemoryBackend();
  let cut: "none" | "before" | "after" = "none";
  const lost = new RedisUnavailableError("connection lost");
  const fragile: RedisBackend = {
    ...backend,
    async command(command) {
      if (cut === "before") throw lost;
      return backend.command(command);
    },
    async transaction(commands) {
      if (cut === "before") throw lost;
      const replies = await backend.transaction(commands);
      if (cut === "after") throw lost;
      return replies;
    },
  };
  return { fragile, cutOff: (when: typeof cut) => (cut = when) };
}

async function openServer() {
  const { fragile, cutOff } = createFragileBackend();
  const destination = await startRecorder();
  const clock = createFakeClock();
  const keys = { currentSigningKey: "sig_1", nextSigningKey: "sig_2" };
  const qstash = createQStash({ backend: fragile, token, ...keys, clock });
  onTestFinished(async () => {
    await destination.stop();
    await fragile.close();
  });
  const publish = (headers: Record<string, string> = {}) =>
    qstash.fetch(
      new Request(`http://qstash/v2/publish/${destination.url}/`, {
        method: "POST",
        headers: { Authorization: `Bearer ${token}`, ...headers },
      }),
    );
  return { qstash, clock, destination, publish, cutOff };
}

describe("a QStash server whose Redis fails", () => {
  it("delivers again what it could not record as delivered", async () => {
    const { qstash, destination, publish, cutOff } = await openServer();
    await publish();
    destination.answerWith(() => {
      cutOff("before");
      return new Response();
    });
    await expect(qstash.deliverDue()).rejects.toThrow("connection lost");
    cutOff("none");
    destination.answerWith(() => new Response());
    expect(await qstash.deliverDue()).toBe(1);
    expect(destination.requests).toHaveLength(2);
    expect(new Set(destination.requests.map((request) => request.headers["upstash-message-id"])).size).toBe(
      1,
    );
    expect(await qstash.nextDueAt()).toBeNull();
  });

  it("delivers once what it recorded, even if Redis's answer was lost", async () => {
    const { qstash, destination, publish, cutOff } = await openServer();
    await publish();
    destination.answerWith(() => {
      cutOff("after");
      return new Response();
    });
    await expect(qstash.deliverDue()).rejects.toThrow("connection lost");
    cutOff("none");
    expect(await qstash.deliverDue()).toBe(0);
    expect(destination.requests).toHaveLength(1);
  });

  it("delivers a message whose publisher had no answer, and takes the repeated publish for a duplicate", async () => {
    const { qstash, destination, publish, cutOff } = await openServer();
    await qstash.deliverDue();
    const headers = { "Upstash-Deduplication-Id": "once" };
    cutOff("after");
    expect((await publish(headers)).status).toBe(503);
    cutOff("none");
    expect((await publish(headers)).status).toBe(202);
    expect(await qstash.deliverDue()).toBe(1);
    expect(destination.requests).toHaveLength(1);
  });

  it("keeps the time of a retry that was recorded although the answer was lost", async () => {
    const { qstash, clock, destination, publish, cutOff } = await openServer();
    await publish({ "Upstash-Retry-Delay": "60000" });
    destination.answerWith(() => {
      cutOff("after");
      return new Response(null, { status: 500 });
    });
    await expect(qstash.deliverDue()).rejects.toThrow("connection lost");
    cutOff("none");
    destination.answerWith(() => new Response());
    expect(await qstash.deliverDue()).toBe(0);
    expect(await qstash.nextDueAt()).toBe(clock.now() + 60_000);
    clock.set(clock.now() + 60_000);
    expect(await qstash.deliverDue()).toBe(1);
    expect(destination.requests[1]?.headers["upstash-retried"]).toBe("1");
  });
});
