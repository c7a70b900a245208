import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Receiver } from "@upstash/qstash";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Open, signingKeys } from "../qstash.ts";

export function testDelivery(open: Open): void {
  describe("delivering", () => {
    it("sends the headers that QStash documents, forwarded ones and nothing of the publisher's own", async () => {
      const { client, destination, qstash } = await open();
      const { messageId } = await client.publish({
        url: destination.url,
        method: "PATCH",
        body: "<a/>",
        headers: { "Content-Type": "application/xml", "X-Own": "yes", Authorization: "Basic eA==" },
      });
      await qstash.deliverDue();
      expect(destination.requests[0]?.headers).toMatchObject({
        "user-agent": "Upstash-QStash",
        "content-type": "application/xml",
        "x-own": "yes",
        authorization: "Basic eA==",
        "upstash-message-id": messageId,
        "upstash-retried": "0",
        "upstash-region": "EU-CENTRAL-1",
        "upstash-caller-ip": "127.0.0.1",
        "upstash-signature": expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      });
      expect(destination.requests[0]?.method).toBe("PATCH");
      expect(Object.keys(destination.requests[0]?.headers ?? {}).join()).not.toMatch(
        /forward|upstash-method/,
      );
    });

    it("signs every attempt so that the receiver accepts it for this destination and body alone", async () => {
      const { client, destination, qstash } = await open();
      const url = `${destination.url}/hook?a=1`;
      await client.publishJSON({ url, body: { city: "Zürich" } });
      await qstash.deliverDue();
      const [request] = destination.requests;
      const signature = request?.headers["upstash-signature"] ?? "";
      const receiver = new Receiver(signingKeys);
      const body = request?.body ?? "";
      await expect(receiver.verify({ signature, body, url })).resolves.toBe(true);
      await expect(receiver.verify({ signature, body, url: destination.url })).rejects.toThrow();
      await expect(receiver.verify({ signature, body: `${body} `, url })).rejects.toThrow();
    });

    it("signs with the next key after a rotation, which receivers know already", async () => {
      const { send, client, destination, qstash } = await open();
      expect(await (await send("/v2/keys")).json()).toEqual({ current: "sig_current", next: "sig_next" });
      const rotated = await (await send("/v2/keys/rotate", { method: "POST" })).json();
      expect(rotated).toEqual({ current: "sig_next", next: expect.stringMatching(/^sig_\w{16,}$/) });
      expect(await (await send("/v2/keys")).json()).toEqual(rotated);
      await client.publish({ url: destination.url, body: "x" });
      await qstash.deliverDue();
      const signature = destination.requests[0]?.headers["upstash-signature"] ?? "";
      const receiver = new Receiver(signingKeys);
      await expect(receiver.verify({ signature, body: "x" })).resolves.toBe(true);
      const late = new Receiver({ currentSigningKey: "sig_current", nextSigningKey: "sig_current" });
      await expect(late.verify({ signature, body: "x" })).rejects.toThrow();
    });

    it("hands on bytes that are no text unchanged", async () => {
      const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
      const received: Buffer[] = [];
      const url = await listen(async (request, response) => {
        for await (const chunk of request) received.push(chunk as Buffer);
        response.end();
      });
      const { send, qstash } = await open();
      await send(`/v2/publish/${url}`, { method: "POST", body: bytes });
      await qstash.deliverDue();
      expect(Buffer.concat(received)).toEqual(Buffer.from(bytes));
    });

    it("sends no body with GET", async () => {
      const { client, destination, qstash } = await open();
      await client.publish({ url: destination.url, method: "GET", body: "ignored" });
      await qstash.deliverDue();
      expect(destination.requests[0]).toMatchObject({ method: "GET", body: "" });
      const signature = destination.requests[0]?.headers["upstash-signature"] ?? "";
      await expect(new Receiver(signingKeys).verify({ signature, body: "" })).resolves.toBe(true);
    });

    it("keeps no more attempts under way than its parallelism, and delivers all the same", async () => {
      const { client, destination, qstash, send } = await open({ maxParallelAttempts: 3 });
      let underWay = 0;
      let most = 0;
      const gate = Promise.withResolvers<void>();
      destination.answerWith(async () => {
        underWay++;
        most = Math.max(most, underWay);
        if (underWay === 3) gate.resolve();
        await gate.promise;
        underWay--;
        return new Response();
      });
      await Promise.all(Array.from({ length: 12 }, () => client.publish({ url: destination.url })));
      const delivered = qstash.deliverDue();
      await gate.promise;
      expect(await delivered).toBe(12);
      expect(most).toBe(3);
      const parallelism = await (await send("/v2/globalParallelism")).json();
      expect(parallelism).toEqual({ parallelismMax: 3, parallelismCount: 0 });
    });

    it("does not follow a redirect, because nobody signed where it leads", async () => {
      const { client, destination, qstash } = await open();
      destination.answerWith(() => Response.redirect(`${destination.url}/elsewhere`, 307));
      await client.publish({ url: destination.url, retries: 0 });
      await qstash.deliverDue();
      expect(destination.requests).toHaveLength(1);
      expect((await client.dlq.listMessages()).messages[0]?.responseStatus).toBe(307);
    });
  });
}

type Handle = Parameters<typeof createServer>[1] & {};

async function listen(handle: Handle): Promise<string> {
  const server = createServer(handle).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
