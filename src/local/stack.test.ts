import { once } from "node:events";
import { createServer } from "node:net";
import { Client } from "@upstash/qstash";
import { Redis } from "@upstash/redis";
import { describe, expect, it, onTestFinished } from "vitest";
import { startRecorder } from "../../test/recorder.ts";
import { startStack } from "./stack.ts";

const patience = { timeout: 10_000, interval: 10 };

async function open(options: Parameters<typeof startStack>[0] = {}) {
  const stack = await startStack(options);
  const destination = await startRecorder();
  onTestFinished(async () => {
    await stack.stop();
    await destination.stop();
  });
  const client = new Client({ baseUrl: stack.qstash.url, token: stack.qstash.token, retry: false });
  return { stack, destination, client };
}

describe("startStack", () => {
  it("serves Redis and QStash at the addresses that it gives as settings", async () => {
    const { stack, destination, client } = await open();
    const redis = new Redis({ url: stack.redis.url, token: stack.redis.token });
    await redis.set("key", "value");
    expect(await redis.get("key")).toBe("value");
    await client.publish({ url: destination.url, body: "hello" });
    await expect.poll(() => destination.requests.length, patience).toBe(1);
    expect(destination.requests[0]?.headers["upstash-caller-ip"]).toBe("127.0.0.1");
    expect(stack.durability).toBe("memory");
    expect(stack.env).toEqual({
      UPSTASH_REDIS_REST_URL: stack.redis.url,
      UPSTASH_REDIS_REST_TOKEN: stack.redis.token,
      QSTASH_URL: stack.qstash.url,
      QSTASH_TOKEN: stack.qstash.token,
      QSTASH_CURRENT_SIGNING_KEY: stack.qstash.currentSigningKey,
      QSTASH_NEXT_SIGNING_KEY: stack.qstash.nextSigningKey,
    });
    expect(stack.counters()).toMatchObject({
      redis: { commands: 2 },
      qstash: { published: 1, deliveries: 1 },
    });
  });

  it("delivers in real time: at once, after a delay, and again when a retry is due", async () => {
    const { destination, client } = await open();
    destination.answerWith(
      ({ headers }) => new Response(null, { status: headers["upstash-retried"] === "0" ? 500 : 200 }),
    );
    await client.publish({ url: destination.url, retryDelay: "200" });
    await client.publish({ url: destination.url, delay: 1, retries: 0 });
    await expect.poll(() => destination.requests.length, patience).toBe(3);
  });

  it("uses the credentials that it is given and makes up the others, differently every time", async () => {
    const credentials = { qstashToken: "given", currentSigningKey: "sig_given" };
    const [one, two] = [await open({ credentials }), await open({ credentials })];
    expect(one.stack.qstash).toMatchObject({ token: "given", currentSigningKey: "sig_given" });
    expect(one.stack.redis.token).not.toBe(two.stack.redis.token);
  });

  it("stops although a destination does not answer", async () => {
    const { stack, destination, client } = await open();
    destination.answerWith(() => new Promise(() => {}));
    await client.publish({ url: destination.url });
    await expect.poll(() => destination.requests.length, patience).toBe(1);
    await stack.stop();
    await expect(fetch(stack.qstash.url)).rejects.toThrow();
  });

  it("says which port is taken, and leaves nothing running", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    onTestFinished(() => void other.close());
    const address = other.address();
    const qstashPort = typeof address === "object" && address !== null ? address.port : 0;
    await expect(startStack({ qstashPort })).rejects.toThrow(`cannot listen on 127.0.0.1:${qstashPort}`);
  });
});
