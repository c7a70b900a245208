import { describe, expect, it } from "vitest";
import type { Open } from "../qstash.ts";

export function testPublish(open: Open): void {
  describe("publishing", () => {
    it("hands the body to the destination, path and query unchanged", async () => {
      const { client, destination, qstash } = await open();
      const { messageId } = await client.publishJSON({
        url: `${destination.url}/a//b%2Fc/?x=1&y=%20z&x=2`,
        body: { city: "Zürich", emoji: "🦔" },
      });
      expect(messageId).toMatch(/^msg_\w+$/);
      expect(await qstash.deliverDue()).toBe(1);
      expect(destination.requests).toEqual([
        expect.objectContaining({
          method: "POST",
          path: "/a//b%2Fc/?x=1&y=%20z&x=2",
          json: { city: "Zürich", emoji: "🦔" },
        }),
      ]);
      expect(qstash.counters()).toMatchObject({ published: 1, deliveries: 1, delivered: 1 });
    });

    it("takes settings from the destination's query, and does not hand them on", async () => {
      const { send, destination, qstash } = await open();
      const settings = "upstash-method=PUT&Upstash-Forward-X-Kind=a%20b&qstash_token=secret";
      const response = await send(`/v2/publish/${destination.url}/?one=1&${settings}&two=2`, {
        method: "POST",
      });
      expect(response.status).toBe(200);
      await qstash.deliverDue();
      const [request] = destination.requests;
      expect(request).toMatchObject({ method: "PUT", path: "/?one=1&two=2" });
      expect(request?.headers["x-kind"]).toBe("a b");
    });

    it("holds a message back by its delay, and until a time rather than by a delay", async () => {
      const { client, clock, destination, qstash, advance } = await open();
      const start = clock.now();
      await client.publish({
        url: `${destination.url}/delayed`,
        headers: { "Upstash-Delay": "1m30s" },
      });
      await client.publish({
        url: `${destination.url}/until`,
        delay: 10,
        notBefore: Math.floor(start / 1000) + 3600,
      });
      expect(await qstash.deliverDue()).toBe(0);
      expect(await qstash.nextDueAt()).toBe(start + 90_000);
      await advance(90_000);
      expect(destination.requests.map((request) => request.path)).toEqual(["/delayed"]);
      await advance(3600_000);
      expect(destination.requests.map((request) => request.path)).toEqual(["/delayed", "/until"]);
      expect(await qstash.nextDueAt()).toBeNull();
    });

    it("delivers what is due at once in the order of publication", async () => {
      const { client, destination, qstash } = await open({ maxParallelAttempts: 1 });
      for (let index = 0; index < 20; index++) await client.publish({ url: `${destination.url}/${index}` });
      expect(await qstash.deliverDue()).toBe(20);
      expect(destination.requests.map((request) => request.path)).toEqual(
        Array.from({ length: 20 }, (_, index) => `/${index}`),
      );
    });

    it("answers every message of a batch, and sends the good ones beside a faulty one", async () => {
      const { client, destination, qstash } = await open({ maxMessageBytes: 1000 });
      const { url } = destination;
      const results: unknown = await client.batchJSON([
        { url: `${url}/1`, body: { n: 1 }, headers: { "X-Kind": "first" } },
        { url: `${url}/2`, body: { n: 2 }, retryDelay: "pow(" },
        { url: `${url}/3`, body: "x".repeat(1001) },
        { url: "ftp://example.com", body: {} },
        { url: `${url}/5`, body: { n: 5 }, delay: 60 },
        { url: `${url}/6`, body: { n: 6 }, queueName: "a-queue" },
      ]);
      expect(results).toEqual([
        { messageId: expect.stringMatching(/^msg_/) },
        { error: expect.stringContaining('invalid Upstash-Retry-Delay "pow("') },
        { error: expect.stringContaining("larger than the limit of 1000 bytes") },
        { error: expect.stringContaining("invalid destination url") },
        { messageId: expect.stringMatching(/^msg_/) },
        { messageId: expect.stringMatching(/^msg_/) },
      ]);
      expect(await qstash.deliverDue()).toBe(2);
      expect(destination.requests.map((request) => request.json).toSorted()).toEqual([{ n: 1 }, { n: 6 }]);
      expect(destination.requests.find((request) => request.path === "/1")?.headers["x-kind"]).toBe("first");
    });

    it("refuses a message above the limit with 412, and takes one that just fits", async () => {
      const { client, destination } = await open({ maxMessageBytes: 1000 });
      await expect(client.publish({ url: destination.url, body: "é".repeat(500) })).resolves.toBeDefined();
      await expect(
        client.publish({ url: destination.url, body: `${"é".repeat(500)}.` }),
      ).rejects.toMatchObject({
        status: 412,
        message: expect.stringContaining("1000 bytes"),
      });
    });

    it.each([
      ["no scheme", "example.com/hook", {}, "invalid destination url"],
      ["an encoded address", "https%3A%2F%2Fexample.com", {}, "invalid scheme"],
      ["a method", "https://example.com", { "Upstash-Method": "FETCH" }, 'invalid Upstash-Method "FETCH"'],
      ["a delay", "https://example.com", { "Upstash-Delay": "50" }, 'invalid Upstash-Delay "50"'],
      ["a time", "https://example.com", { "Upstash-Not-Before": "soon" }, "invalid Upstash-Not-Before"],
      ["retries", "https://example.com", { "Upstash-Retries": "-1" }, 'invalid Upstash-Retries "-1"'],
      ["a timeout", "https://example.com", { "Upstash-Timeout": "1x" }, 'invalid Upstash-Timeout "1x"'],
      ["a callback", "https://example.com", { "Upstash-Callback": "me" }, 'invalid Upstash-Callback: "me"'],
      [
        "a callback's setting",
        "https://example.com",
        { "Upstash-Failure-Callback": "https://a.b", "Upstash-Failure-Callback-Retries": "x" },
        "invalid Upstash-Failure-Callback-Retries",
      ],
      [
        "a colon",
        "https://example.com",
        { "Upstash-Deduplication-Id": "a:b" },
        "DeduplicationId cannot contain ':'",
      ],
      ["a label", "https://example.com", { "Upstash-Label": "good,not good" }, 'label "not good" is invalid'],
      [
        "a redaction",
        "https://example.com",
        { "Upstash-Redact-Fields": "everything" },
        "invalid Upstash-Redact-Fields",
      ],
      [
        "a flow without a value",
        "https://example.com",
        { "Upstash-Flow-Control-Key": "k" },
        "must be sent together",
      ],
      [
        "a flow without limits",
        "https://example.com",
        { "Upstash-Flow-Control-Key": "k", "Upstash-Flow-Control-Value": "period=1m" },
        "should be either rate=X or parallelism=Y",
      ],
      [
        "a flow's rate",
        "https://example.com",
        { "Upstash-Flow-Control-Key": "k", "Upstash-Flow-Control-Value": "rate=0" },
        'rate "0"',
      ],
    ])("refuses %s that QStash would not take", async (_, destination, headers, message) => {
      const { send, qstash } = await open();
      const response = await send(`/v2/publish/${destination}`, { method: "POST", headers });
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({ error: expect.stringContaining(message) });
      expect(await qstash.nextDueAt()).toBeNull();
    });

    it("lets nobody in without the token, which may come as a parameter", async () => {
      const { send, destination } = await open();
      const path = `/v2/publish/${destination.url}`;
      for (const headers of [{ Authorization: "" }, { Authorization: "Bearer contract-tokem" }]) {
        const response = await send(path, { method: "POST", headers });
        expect(response.status).toBe(401);
        expect(await response.json()).toEqual({ error: expect.stringContaining("unauthorized") });
      }
      const headers = { Authorization: "" };
      const granted = await send(`${path}?qstash_token=contract-token`, { method: "POST", headers });
      expect(granted.status).toBe(200);
    });

    it("answers unknown endpoints with a JSON error", async () => {
      const { send } = await open();
      const response = await send("/v2/nothing");
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({ error: "no such endpoint: /v2/nothing" });
    });
  });
}
