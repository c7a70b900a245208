import { Receiver } from "@upstash/qstash";
import { describe, expect, it } from "vitest";
import { type Open, signingKeys } from "../qstash.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

export function testCallbacks(open: Open): void {
  describe("calling back", () => {
    it("tells the callback of every attempt, in the documented form, signed", async () => {
      const { client, clock, destination, advance } = await open();
      destination.answerWith(({ path, headers }) => {
        if (path === "/callback") return new Response();
        const status = headers["upstash-retried"] === "0" ? 500 : 201;
        return new Response(`answer ${status}`, { status, headers: { "X-Answer": "yes" } });
      });
      const createdAt = clock.now();
      const { messageId } = await client.publishJSON({
        url: `${destination.url}/work`,
        body: { n: 1 },
        retryDelay: "1000",
        callback: `${destination.url}/callback`,
        headers: { "X-Own": "a" },
      });
      await advance(1000);
      const calls = destination.requests.filter((request) => request.path === "/callback");
      expect(calls.map((call) => call.json)).toEqual([
        expect.objectContaining({ status: 500, body: base64("answer 500"), retried: 0, maxRetries: 3 }),
        {
          status: 201,
          header: expect.objectContaining({ "X-Answer": ["yes"] }),
          body: base64("answer 201"),
          retried: 1,
          maxRetries: 3,
          sourceMessageId: messageId,
          url: `${destination.url}/work`,
          method: "POST",
          sourceHeader: { "Content-Type": ["application/json"], "X-Own": ["a"] },
          sourceBody: base64('{"n":1}'),
          notBefore: `${createdAt + 1000}`,
          createdAt: `${createdAt}`,
          callerIP: "127.0.0.1",
        },
      ]);
      const [call] = calls;
      expect(call?.method).toBe("POST");
      expect(call?.headers["content-type"]).toBe("application/json");
      const signature = call?.headers["upstash-signature"] ?? "";
      const signed = { signature, body: call?.body ?? "", url: `${destination.url}/callback` };
      await expect(new Receiver(signingKeys).verify(signed)).resolves.toBe(true);
    });

    it("tells the failure callback once, when the message is dead, and names the dead letter", async () => {
      const { client, destination, advance } = await open();
      destination.answerWith(({ path }) => new Response("no", { status: path === "/failed" ? 200 : 500 }));
      const failureCallback = `${destination.url}/failed`;
      const { messageId } = await client.publish({
        url: destination.url,
        retries: 2,
        retryDelay: "1000",
        failureCallback,
      });
      await advance(10_000);
      const calls = destination.requests.filter((request) => request.path === "/failed");
      const [letter] = (await client.dlq.listMessages()).messages;
      expect(calls.map((call) => call.json)).toEqual([
        expect.objectContaining({
          status: 500,
          retried: 2,
          maxRetries: 2,
          dlqId: letter?.dlqId,
          sourceMessageId: messageId,
        }),
      ]);
    });

    it("takes a callback's own settings, and the retries of the message without them", async () => {
      const { client, destination, advance, qstash } = await open();
      destination.answerWith(({ path }) => new Response(null, { status: path === "/" ? 200 : 500 }));
      const callback = `${destination.url}/callback`;
      await client.publish({
        url: destination.url,
        callback,
        retries: 2,
        retryDelay: "1000",
        headers: {
          "Upstash-Callback-Method": "PUT",
          "Upstash-Callback-Delay": "5s",
          "Upstash-Callback-Forward-X-Own": "c",
        },
      });
      await advance(4999);
      expect(destination.requests.map((request) => request.path)).toEqual(["/"]);
      await advance(10_000);
      const calls = destination.requests.filter((request) => request.path === "/callback");
      expect(calls.map((call) => [call.method, call.headers["x-own"]])).toEqual(
        Array.from({ length: 3 }, () => ["PUT", "c"]),
      );
      await client.publish({
        url: destination.url,
        callback,
        retries: 2,
        headers: { "Upstash-Callback-Retries": "1", "Upstash-Callback-Retry-Delay": "1000" },
      });
      await advance(10_000);
      expect(destination.requests.filter((request) => request.path === "/callback")).toHaveLength(5);
      expect(await qstash.nextDueAt()).toBeNull();
    });

    it("fires the failure callback for what is not retryable", async () => {
      const { client, destination, qstash } = await open();
      destination.answerWith(({ path }) =>
        path === "/failed"
          ? new Response()
          : new Response(null, { status: 489, headers: { "Upstash-NonRetryable-Error": "true" } }),
      );
      await client.publish({ url: destination.url, failureCallback: `${destination.url}/failed` });
      await qstash.deliverDue();
      expect(destination.requests.map((request) => request.path)).toEqual(["/", "/failed"]);
    });
  });
}
