import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Open } from "../qstash.ts";

const fails =
  (status = 500, headers: Record<string, string> = {}) =>
  () =>
    new Response("no", { status, headers });

export function testRetries(open: Open): void {
  describe("retrying", () => {
    it("retries three times with QStash's own backoff, then gives the message to the dead letters", async () => {
      const { client, clock, destination, qstash } = await open();
      destination.answerWith(fails());
      const { messageId } = await client.publishJSON({ url: destination.url, body: { n: 1 } });
      const waits: number[] = [];
      for (let attempt = 0; attempt < 4; attempt++) {
        expect(await qstash.deliverDue()).toBe(1);
        const next = await qstash.nextDueAt();
        if (next === null) break;
        waits.push(next - clock.now());
        clock.set(next - 1);
        expect(await qstash.deliverDue()).toBe(0);
        clock.set(next);
      }
      expect(waits).toEqual([12_000, 148_000, 1_808_000]);
      expect(destination.requests.map((request) => request.headers["upstash-retried"])).toEqual([
        "0",
        "1",
        "2",
        "3",
      ]);
      expect(new Set(destination.requests.map((request) => request.headers["upstash-message-id"]))).toEqual(
        new Set([messageId]),
      );
      const { messages } = await client.dlq.listMessages();
      expect(messages).toEqual([
        expect.objectContaining({ messageId, responseStatus: 500, responseBody: "no" }),
      ]);
      expect(qstash.counters()).toMatchObject({ deliveries: 4, retried: 3, deadLettered: 1, delivered: 0 });
    });

    it("waits as the message's own expression says", async () => {
      const { client, clock, destination, qstash } = await open();
      destination.answerWith(fails());
      const retryDelay = "5000 * pow(2, retried)";
      await client.publish({ url: destination.url, retries: 5, retryDelay });
      const waits: number[] = [];
      for (;;) {
        await qstash.deliverDue();
        const next = await qstash.nextDueAt();
        if (next === null) break;
        waits.push(next - clock.now());
        clock.set(next);
      }
      expect(waits).toEqual([5000, 10_000, 20_000, 40_000, 80_000]);
    });

    it.each([
      ["Retry-After", "7", 7000],
      ["Retry-After", "6m5s", 365_000],
      ["Retry-After", "Sat, 01 Mar 2036 10:01:00 GMT", 30_000],
      ["X-RateLimit-Reset", "30", 30_000],
      ["X-RateLimit-Reset-Requests", "2s", 2000],
      ["X-RateLimit-Reset-Tokens", "1h", 3_600_000],
      ["Retry-After", "100000", 1000],
    ])("waits as the answer says: %s: %s", async (name, value, waitMs) => {
      const { client, clock, destination, qstash } = await open();
      destination.answerWith(fails(429, { [name]: value }));
      await client.publish({ url: destination.url, retryDelay: "1000" });
      await qstash.deliverDue();
      expect(((await qstash.nextDueAt()) ?? 0) - clock.now()).toBe(waitMs);
    });

    it("stops at the first success", async () => {
      const { client, destination, qstash, advance } = await open();
      destination.answerWith(
        ({ headers }) => new Response(null, { status: headers["upstash-retried"] === "2" ? 204 : 503 }),
      );
      await client.publish({ url: destination.url, retryDelay: "1000" });
      await advance(60_000);
      expect(destination.requests).toHaveLength(3);
      expect((await client.dlq.listMessages()).messages).toEqual([]);
      expect(qstash.counters()).toMatchObject({ delivered: 1, retried: 2, deadLettered: 0 });
    });

    it("makes one attempt when no retries are wanted", async () => {
      const { client, destination, qstash } = await open();
      destination.answerWith(fails());
      await client.publish({ url: destination.url, retries: 0 });
      await qstash.deliverDue();
      expect(await qstash.nextDueAt()).toBeNull();
      expect((await client.dlq.listMessages()).messages).toHaveLength(1);
    });

    it("does not retry what the destination calls not retryable", async () => {
      const { client, destination, qstash } = await open();
      destination.answerWith(fails(489, { "Upstash-NonRetryable-Error": "true" }));
      await client.publish({ url: destination.url });
      await qstash.deliverDue();
      expect(destination.requests).toHaveLength(1);
      expect((await client.dlq.listMessages()).messages).toEqual([
        expect.objectContaining({ responseStatus: 489 }),
      ]);
    });

    it("retries 489 without the header, and the header with another status", async () => {
      const { client, destination, qstash } = await open();
      destination.answerWith(fails(489));
      await client.publish({ url: destination.url });
      await qstash.deliverDue();
      destination.answerWith(fails(400, { "Upstash-NonRetryable-Error": "true" }));
      await client.publish({ url: destination.url });
      await qstash.deliverDue();
      expect(qstash.counters()).toMatchObject({ retried: 2, deadLettered: 0 });
    });

    it("retries a destination that cannot be reached, and says why in the dead letter", async () => {
      const { client, destination, advance } = await open();
      await destination.stop();
      await client.publish({ url: destination.url, retries: 1, retryDelay: "1000" });
      await advance(1000);
      const [letter] = (await client.dlq.listMessages()).messages;
      expect(letter).toMatchObject({
        responseStatus: 0,
        responseBody: expect.stringContaining("ECONNREFUSED"),
      });
    });

    it("gives up on an answer after the message's own timeout", async () => {
      const silent = createServer().listen(0, "127.0.0.1");
      onTestFinished(() => void silent.close());
      const { client, qstash } = await open();
      const address = silent.address();
      const port = typeof address === "object" ? address?.port : undefined;
      silent.on("connection", (socket) => onTestFinished(() => void socket.destroy()));
      const headers = { "Upstash-Timeout": "0.1s" };
      await client.publish({ url: `http://127.0.0.1:${port}`, retries: 0, headers });
      await qstash.deliverDue();
      const [letter] = (await client.dlq.listMessages()).messages;
      expect(letter?.responseBody).toBe("no answer within 100 ms");
    });
  });
}
