import { describe, expect, it } from "vitest";
import type { Open } from "../qstash.ts";

export function testEvents(open: Open): void {
  describe("events", () => {
    it("tell the way of a message, newest first", async () => {
      const { client, clock, destination, advance } = await open();
      const start = clock.now();
      destination.answerWith(({ headers }) =>
        headers["upstash-retried"] === "0" ? new Response("busy", { status: 503 }) : new Response(),
      );
      const { messageId } = await client.publish({ url: destination.url, retryDelay: "1000", label: "a" });
      await advance(1000);
      const { logs } = await client.logs();
      expect(logs.map((log) => [log.state, log.time - start])).toEqual([
        ["DELIVERED", 1000],
        ["ACTIVE", 1000],
        ["RETRY", 0],
        ["ERROR", 0],
        ["ACTIVE", 0],
        ["CREATED", 0],
      ]);
      expect(logs[2]).toMatchObject({ messageId, nextDeliveryTime: start + 1000, labels: ["a"] });
      expect(logs[3]).toMatchObject({
        url: destination.url,
        error: "the destination answered 503",
        responseStatus: 503,
        responseBody: Buffer.from("busy").toString("base64"),
      });
    });

    it("tell of failure and cancellation", async () => {
      const { client, destination, qstash } = await open();
      destination.answerWith(() => new Response(null, { status: 500 }));
      const failed = await client.publish({ url: destination.url, retries: 0 });
      await qstash.deliverDue();
      const cancelled = await client.publish({ url: destination.url, delay: 60 });
      await client.messages.cancel(cancelled.messageId);
      const states = async (messageId: string) =>
        (await client.logs({ filter: { messageId } })).logs.map((log) => log.state);
      expect(await states(failed.messageId)).toEqual(["FAILED", "ERROR", "ACTIVE", "CREATED"]);
      expect(await states(cancelled.messageId)).toEqual(["CANCELLED", "CANCEL_REQUESTED", "CREATED"]);
    });

    it("are filtered and come in pages, each once", async () => {
      const { client, send, destination, qstash } = await open();
      for (const label of ["a", "b", "a"]) await client.publish({ url: destination.url, label });
      await qstash.deliverDue();
      expect((await client.logs({ filter: { state: "DELIVERED", label: "a" } })).logs).toHaveLength(2);
      expect((await client.logs({ filter: { state: "IN_PROGRESS" as "ACTIVE" } })).logs).toHaveLength(3);
      const seen: unknown[] = [];
      let cursor: string | undefined;
      do {
        const page = await client.logs({ count: 4, ...(cursor && { cursor }) } as Parameters<
          typeof client.logs
        >[0]);
        seen.push(...page.logs.map((log) => `${log.messageId} ${log.state}`));
        cursor = page.cursor;
      } while (cursor !== undefined);
      expect(new Set(seen).size).toBe(9);
      expect(seen).toHaveLength(9);
      const described = (await (await send("/v2/logs?count=1")).json()) as { logs: unknown[] };
      expect(described.logs).toHaveLength(1);
    });
  });
}
