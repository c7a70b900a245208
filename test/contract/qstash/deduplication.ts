import { describe, expect, it } from "vitest";
import type { Open } from "../qstash.ts";

export function testDeduplication(open: Open): void {
  describe("deduplicating", () => {
    it("accepts a repeated id for ten minutes with 202 and the first message's id, and delivers it once", async () => {
      const { client, send, clock, destination, qstash } = await open();
      const publish = () => client.publishJSON({ url: destination.url, body: {}, deduplicationId: "once" });
      const first = await publish();
      expect(await publish()).toEqual({ messageId: first.messageId, deduplicated: true });
      await qstash.deliverDue();
      clock.set(clock.now() + 10 * 60_000 - 1);
      const headers = { "Upstash-Deduplication-Id": "once" };
      const response = await send(`/v2/publish/${destination.url}/other`, { method: "POST", headers });
      expect(response.status).toBe(202);
      expect(await response.json()).toEqual({ messageId: first.messageId, deduplicated: true });
      expect(await qstash.deliverDue()).toBe(0);
      clock.set(clock.now() + 1);
      expect((await publish()).messageId).not.toBe(first.messageId);
      await qstash.deliverDue();
      expect(destination.requests).toHaveLength(2);
      expect(qstash.counters()).toMatchObject({ published: 2, deduplicated: 2 });
    });

    it("accepts one of many simultaneous publishes, also within one batch", async () => {
      const { client, destination, qstash } = await open();
      const message = { url: destination.url, deduplicationId: "race" };
      const batch = Array.from({ length: 5 }, () => ({ ...message }));
      const all = await Promise.all([...batch.map((each) => client.publish(each)), client.batch(batch)]);
      const ids = (all.flat() as { messageId: string }[]).map((one) => one.messageId);
      expect(new Set(ids).size).toBe(1);
      expect(await qstash.deliverDue()).toBe(1);
    });

    it("tells content apart by destination, body, Content-Type and forwarded headers, and by nothing else", async () => {
      const { client, destination } = await open();
      const contentBasedDeduplication = true;
      const headers = { "Content-Type": "text/plain", "X-Kind": "a" };
      const message = { url: destination.url, body: "same", headers, contentBasedDeduplication };
      const { messageId } = await client.publish(message);
      expect(await client.publish({ ...message, retries: 1 })).toEqual({ messageId, deduplicated: true });
      for (const change of [
        { url: `${destination.url}/other` },
        { body: "other" },
        { headers: { ...headers, "Content-Type": "text/html" } },
        { headers: { ...headers, "X-Kind": "b" } },
      ]) {
        expect((await client.publish({ ...message, ...change })).messageId).not.toBe(messageId);
      }
    });
  });
}
