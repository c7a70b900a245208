import { describe, expect, it } from "vitest";
import type { Open } from "../qstash.ts";

export function testMessages(open: Open): void {
  describe("messages", () => {
    it("can be looked at while they are on their way, and not after", async () => {
      const { client, clock, destination, advance } = await open();
      const createdAt = clock.now();
      const { messageId } = await client.publishJSON({
        url: destination.url,
        body: { n: 1 },
        delay: 10,
        retries: 5,
        label: "a",
        callback: `${destination.url}/callback`,
        flowControl: { key: "flow", rate: 5, period: "1m", parallelism: 2 },
      });
      expect(await client.messages.get(messageId)).toMatchObject({
        messageId,
        url: destination.url,
        method: "POST",
        header: { "Content-Type": ["application/json"] },
        body: '{"n":1}',
        maxRetries: 5,
        createdAt,
        notBefore: createdAt + 10_000,
        labels: ["a"],
        callback: `${destination.url}/callback`,
        callerIP: "127.0.0.1",
        flowControlKey: "flow",
        rate: 5,
        period: 60,
        parallelism: 2,
      });
      await advance(10_000);
      await expect(client.messages.get(messageId)).rejects.toMatchObject({ status: 404 });
    });

    it("show bytes that are no text in base64", async () => {
      const { client, send, destination } = await open();
      const bytes = Buffer.from([0xff, 0x00, 0xfe]);
      const response = await send(`/v2/publish/${destination.url}`, { method: "POST", body: bytes });
      const { messageId } = (await response.json()) as { messageId: string };
      const message = await client.messages.get(messageId);
      expect(message).toMatchObject({ bodyBase64: bytes.toString("base64") });
      expect(message.body).toBeUndefined();
    });

    it("are delivered as they are but shown without what was to be redacted", async () => {
      const { client, destination, qstash } = await open();
      destination.answerWith(() => new Response(null, { status: 500 }));
      const headers = { "X-Secret": "s", "X-Open": "o" };
      const redact = { body: true, header: ["X-Secret"] } as const;
      await client.publish({
        url: destination.url,
        body: "hello",
        headers,
        redact: { ...redact, header: [...redact.header] },
        retries: 0,
      });
      await qstash.deliverDue();
      expect(destination.requests[0]).toMatchObject({ body: "hello" });
      expect(destination.requests[0]?.headers["x-secret"]).toBe("s");
      const [letter] = (await client.dlq.listMessages()).messages;
      expect(letter).toMatchObject({
        body: "REDACTED:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        header: { "X-Secret": [expect.stringMatching(/^REDACTED:[0-9a-f]{64}$/)], "X-Open": ["o"] },
      });
      await client.dlq.retry(letter?.dlqId ?? "");
      await qstash.deliverDue();
      expect(destination.requests[1]).toMatchObject({ body: "hello" });
    });

    it("are not delivered once they are cancelled, one, several, filtered or all", async () => {
      const { client, destination, advance } = await open();
      const publish = async (label: string) =>
        (await client.publish({ url: `${destination.url}/${label}`, delay: 60, label })).messageId;
      const [a, b, c] = [await publish("a"), await publish("b"), await publish("c")];
      await publish("d");
      await publish("e");
      expect(await client.messages.cancel(a)).toEqual({ cancelled: 1 });
      await expect(client.messages.cancel(a)).rejects.toMatchObject({ status: 404 });
      expect(await client.messages.cancel([a, b, c])).toEqual({ cancelled: 2 });
      const path = ["/d", "/x"];
      expect(await client.messages.cancel({ filter: { path, host: new URL(destination.url).host } })).toEqual(
        {
          cancelled: 1,
        },
      );
      await advance(60_000);
      expect(destination.requests.map((request) => request.path)).toEqual(["/e"]);
      await publish("f");
      await publish("g");
      expect(await client.messages.cancel({ all: true })).toEqual({ cancelled: 2 });
      await advance(60_000);
      expect(destination.requests).toHaveLength(1);
    });

    it("under delivery are not retried once they are cancelled, nor dead", async () => {
      const { client, destination, qstash } = await open();
      const arrived = Promise.withResolvers<void>();
      const gate = Promise.withResolvers<void>();
      destination.answerWith(async () => {
        arrived.resolve();
        await gate.promise;
        return new Response(null, { status: 500 });
      });
      const { messageId } = await client.publish({ url: destination.url });
      const delivered = qstash.deliverDue();
      await arrived.promise;
      expect(await client.messages.cancel(messageId)).toEqual({ cancelled: 1 });
      gate.resolve();
      await delivered;
      expect(await qstash.nextDueAt()).toBeNull();
      expect((await client.dlq.listMessages()).messages).toEqual([]);
      await expect(client.messages.get(messageId)).rejects.toMatchObject({ status: 404 });
      const states = (await client.logs({ filter: { messageId } })).logs.map((log) => log.state);
      expect(states).toEqual(["CANCELLED", "ERROR", "CANCEL_REQUESTED", "ACTIVE", "CREATED"]);
    });

    it("are not all cancelled by a filter that nobody knows", async () => {
      const { send, client, destination } = await open();
      const { messageId } = await client.publish({ url: destination.url, delay: 60 });
      expect((await send("/v2/messages?responseStatus=500", { method: "DELETE" })).status).toBe(400);
      expect((await client.messages.get(messageId)).messageId).toBe(messageId);
    });
  });
}
