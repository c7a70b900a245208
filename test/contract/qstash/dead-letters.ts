import { describe, expect, it } from "vitest";
import type { Open, QStashUnderTest } from "../qstash.ts";

/** Lets messages die, one per given setting, at different times. */
async function bury(test: QStashUnderTest, ...messages: Record<string, unknown>[]): Promise<string[]> {
  test.destination.answerWith(() => new Response("no", { status: 500 }));
  const ids: string[] = [];
  for (const message of messages) {
    const url = `${test.destination.url}/dead`;
    ids.push((await test.client.publish({ url, retries: 0, body: "{}", ...message })).messageId);
    await test.advance(1000);
  }
  test.destination.answerWith(() => new Response("yes"));
  return ids;
}

export function testDeadLetters(open: Open): void {
  describe("dead letters", () => {
    it("show the message, the last answer and what they were published with", async () => {
      const test = await open();
      const [messageId] = await bury(test, {
        body: "the body",
        headers: { "Content-Type": "text/plain", "X-Own": "a" },
        label: ["one", "two"],
      });
      const { messages, cursor } = await test.client.dlq.listMessages();
      expect(cursor).toBeUndefined();
      expect(messages).toHaveLength(1);
      const [letter] = messages;
      expect(letter).toMatchObject({
        messageId,
        url: `${test.destination.url}/dead`,
        method: "POST",
        header: { "Content-Type": ["text/plain"], "X-Own": ["a"] },
        body: "the body",
        labels: ["one", "two"],
        label: "one",
        maxRetries: 0,
        callerIP: "127.0.0.1",
        responseStatus: 500,
        responseHeader: { "Content-Type": [expect.stringContaining("text/plain")] },
        responseBody: "no",
      });
      const one = await test.send(`/v2/dlq/${letter?.dlqId}`);
      expect(await one.json()).toMatchObject({ messageId, dlqId: letter?.dlqId });
    });

    it("come in pages, oldest first, each once, also when earlier ones are gone", async () => {
      const test = await open();
      const ids = await bury(test, ...Array.from({ length: 7 }, () => ({})));
      const seen: (string | undefined)[] = [];
      let cursor: string | undefined;
      do {
        const page = await test.client.dlq.listMessages({ count: 3, ...(cursor && { cursor }) });
        expect(page.messages.length).toBeLessThanOrEqual(3);
        seen.push(...page.messages.map((letter) => letter.messageId));
        const [first] = page.messages;
        if (first !== undefined) await test.client.dlq.delete(first.dlqId);
        cursor = page.cursor;
      } while (cursor);
      expect(seen).toEqual(ids);
    });

    it("of the same millisecond come in pages too", async () => {
      const test = await open();
      test.destination.answerWith(() => new Response(null, { status: 500 }));
      for (let index = 0; index < 5; index++)
        await test.client.publish({ url: test.destination.url, retries: 0 });
      await test.qstash.deliverDue();
      const first = await test.client.dlq.listMessages({ count: 2 });
      const second = await test.client.dlq.listMessages({ count: 10, cursor: first.cursor ?? "" });
      const ids = [...first.messages, ...second.messages].map((letter) => letter.messageId);
      expect(new Set(ids).size).toBe(5);
    });

    it("are found by what they are, several values meaning any of them", async () => {
      const test = await open();
      const { url } = test.destination;
      const [a, b, c] = await bury(
        test,
        { label: ["red", "round"], url: `${url}/a,b` },
        { label: "blue", flowControl: { key: "flow", rate: 10 } },
        { label: "round" },
      );
      const find = async (filter: Parameters<typeof test.client.dlq.listMessages>[0] & {}) =>
        (await test.client.dlq.listMessages(filter)).messages.map((letter) => letter.messageId);
      expect(await find({ filter: { label: "round" } })).toEqual([a, c]);
      expect(await find({ filter: { label: ["red", "blue"] } })).toEqual([a, b]);
      expect(await find({ filter: { url: `${url}/a,b` } })).toEqual([a]);
      expect(await find({ filter: { flowControlKey: "flow" } })).toEqual([b]);
      expect(await find({ filter: { messageId: c ?? "" } })).toEqual([c]);
      expect(await find({ filter: { responseStatus: 500, label: "blue" } })).toEqual([b]);
      expect(await find({ filter: { responseStatus: 404 } })).toEqual([]);
      const all = (await test.client.dlq.listMessages()).messages.map((letter) =>
        Number.parseInt(letter.dlqId, 10),
      );
      expect(await find({ filter: { fromDate: all[1] ?? 0 } })).toEqual([b, c]);
      expect(await find({ filter: { toDate: all[1] ?? 0 } })).toEqual([a, b]);
    });

    it("are retried with their body, and removed", async () => {
      const test = await open();
      const [messageId] = await bury(test, { body: "the body", headers: { "X-Own": "a" } });
      const [letter] = (await test.client.dlq.listMessages()).messages;
      const { responses } = await test.client.dlq.retry(letter?.dlqId ?? "");
      expect(responses).toEqual([{ messageId: expect.stringMatching(/^msg_/) }]);
      expect(responses[0]?.messageId).not.toBe(messageId);
      expect((await test.client.dlq.listMessages()).messages).toEqual([]);
      await test.qstash.deliverDue();
      const request = test.destination.requests.at(-1);
      expect(request).toMatchObject({ body: "the body", path: "/dead" });
      expect(request?.headers).toMatchObject({ "x-own": "a", "upstash-retried": "0" });
    });

    it("are retried with other settings when the request brings them", async () => {
      const test = await open();
      await bury(test, { headers: { "X-Own": "a" }, retries: 0 });
      const [letter] = (await test.client.dlq.listMessages()).messages;
      const response = await test.send(`/v2/dlq/retry/${letter?.dlqId}`, {
        method: "POST",
        headers: {
          "Upstash-Retries": "1",
          "Upstash-Retry-Delay": "1000",
          "Upstash-Delay": "1m",
          "Upstash-Forward-X-Own": "b",
        },
      });
      expect(response.status).toBe(201);
      const before = test.destination.requests.length;
      await test.advance(59_999);
      expect(test.destination.requests).toHaveLength(before);
      test.destination.answerWith(() => new Response(null, { status: 500 }));
      await test.advance(1001);
      expect(test.destination.requests.slice(before).map((request) => request.headers["x-own"])).toEqual([
        "b",
        "b",
      ]);
      expect((await test.client.dlq.listMessages()).messages).toHaveLength(1);
    });

    it("are retried and deleted by filter, page by page", async () => {
      const test = await open();
      await bury(test, { label: "a" }, { label: "b" }, { label: "a" }, { label: "a" });
      const first = await test.client.dlq.retry({ filter: { label: "a" }, count: 2 });
      expect(first.responses).toHaveLength(2);
      const second = await test.client.dlq.retry({
        filter: { label: "a" },
        count: 2,
        cursor: first.cursor ?? "",
      });
      expect(second.responses).toHaveLength(1);
      expect(second.cursor).toBeUndefined();
      expect(await test.client.dlq.delete({ all: true })).toEqual({ deleted: 1 });
      expect((await test.client.dlq.listMessages()).messages).toEqual([]);
    });

    it("that are gone are 404, and then no other is retried either", async () => {
      const test = await open();
      await bury(test, {});
      const [letter] = (await test.client.dlq.listMessages()).messages;
      const dlqId = letter?.dlqId ?? "";
      await expect(test.client.dlq.retry([dlqId, "1-msg_unknown"])).rejects.toMatchObject({ status: 404 });
      expect(await test.client.dlq.delete([dlqId, "1-msg_unknown"])).toEqual({ deleted: 1 });
      await expect(test.client.dlq.delete(dlqId)).rejects.toMatchObject({ status: 404 });
    });

    it("are not all deleted by a filter that nobody knows", async () => {
      const test = await open();
      await bury(test, {});
      const response = await test.send("/v2/dlq?lable=typo", { method: "DELETE" });
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({ error: expect.stringContaining('unknown filter "lable"') });
      expect((await test.client.dlq.listMessages()).messages).toHaveLength(1);
    });

    it("are dropped after the retention", async () => {
      const test = await open();
      await bury(test, {});
      await test.advance(8 * 24 * 3_600_000);
      const [second] = await bury(test, {});
      expect((await test.client.dlq.listMessages()).messages.map((letter) => letter.messageId)).toEqual([
        second,
      ]);
    });
  });
}
