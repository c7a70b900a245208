import { describe, expect, it } from "vitest";
import type { Open, QStashUnderTest } from "../qstash.ts";

async function publishMany(
  { client, destination }: QStashUnderTest,
  count: number,
  flowControl: { key: string; rate: number; period?: number } | { key: string; parallelism: number },
): Promise<void> {
  for (let n = 0; n < count; n++) {
    await client.publish({ url: `${destination.url}/${n}`, flowControl });
  }
}

export function testFlowControl(open: Open): void {
  describe("flow control", () => {
    it("delivers no more in a period than the rate, in order, and loses none", async () => {
      const test = await open();
      await publishMany(test, 5, { key: "rated", rate: 2, period: 60 });
      expect(await test.qstash.deliverDue()).toBe(2);
      expect(await test.qstash.nextDueAt()).toBe(test.clock.now() + 60_000);
      expect(await test.client.flowControl.get("rated")).toEqual({
        flowControlKey: "rated",
        waitListSize: 3,
        parallelismMax: 0,
        parallelismCount: 0,
        rateMax: 2,
        rateCount: 2,
        ratePeriod: 60,
        ratePeriodStart: test.clock.now() / 1000,
        isPaused: false,
        isPinnedParallelism: false,
        isPinnedRate: false,
      });
      await test.advance(59_999);
      expect(test.destination.requests).toHaveLength(2);
      await test.advance(1);
      expect(test.destination.requests).toHaveLength(4);
      await test.advance(60_000);
      expect(test.destination.requests.map((request) => request.path)).toEqual([
        "/0",
        "/1",
        "/2",
        "/3",
        "/4",
      ]);
      expect(await test.qstash.nextDueAt()).toBeNull();
    });

    it("counts retries too, and does not slow down messages without the key", async () => {
      const test = await open();
      test.destination.answerWith(() => new Response(null, { status: 500 }));
      await test.client.publish({
        url: test.destination.url,
        retryDelay: "1000",
        flowControl: { key: "retried", rate: 1, period: "1m" },
      });
      await test.advance(59_999);
      expect(test.destination.requests).toHaveLength(1);
      await test.client.publish({ url: test.destination.url, retries: 0 });
      expect(await test.qstash.deliverDue()).toBe(1);
      await test.advance(1);
      expect(test.destination.requests).toHaveLength(3);
    });

    it("keeps no more attempts under way than the parallelism", async () => {
      const test = await open();
      const { destination, qstash, client } = test;
      let underWay = 0;
      let most = 0;
      const gate = Promise.withResolvers<void>();
      const full = Promise.withResolvers<void>();
      destination.answerWith(async () => {
        most = Math.max(most, ++underWay);
        if (underWay === 2) full.resolve();
        await gate.promise;
        underWay--;
        return new Response();
      });
      await publishMany(test, 5, { key: "narrow", parallelism: 2 });
      const delivered = qstash.deliverDue();
      await full.promise;
      expect(await client.flowControl.get("narrow")).toMatchObject({
        waitListSize: 3,
        parallelismMax: 2,
        parallelismCount: 2,
      });
      expect(await client.flowControl.getGlobalParallelism()).toEqual({
        parallelismMax: 10,
        parallelismCount: 2,
      });
      gate.resolve();
      expect(await delivered).toBe(5);
      expect(most).toBe(2);
    });

    it("holds everything of a paused key until it is resumed", async () => {
      const test = await open();
      const { flowControl } = test.client;
      await flowControl.pause("paused");
      await publishMany(test, 2, { key: "paused", rate: 10 });
      await test.advance(3_600_000);
      expect(test.destination.requests).toEqual([]);
      expect(await flowControl.get("paused")).toMatchObject({ isPaused: true, waitListSize: 2 });
      await flowControl.resume("paused");
      expect(await test.qstash.deliverDue()).toBe(2);
      expect(await flowControl.get("paused")).toMatchObject({ isPaused: false, waitListSize: 0 });
    });

    it("lets pinned limits win over those of messages until they are unpinned", async () => {
      const test = await open();
      const { flowControl } = test.client;
      await flowControl.pin("pinned", { rate: 1, period: 60 });
      await publishMany(test, 3, { key: "pinned", rate: 100, period: 1 });
      expect(await test.qstash.deliverDue()).toBe(1);
      expect(await flowControl.get("pinned")).toMatchObject({
        rateMax: 1,
        ratePeriod: 60,
        isPinnedRate: true,
        isPinnedParallelism: false,
      });
      await flowControl.unpin("pinned", { rate: true });
      expect(await flowControl.get("pinned")).toMatchObject({ rateMax: 1, isPinnedRate: false });
      await publishMany(test, 1, { key: "pinned", rate: 100, period: 1 });
      await test.advance(1000);
      expect(test.destination.requests).toHaveLength(4);
    });

    it("starts a new period when the rate is reset", async () => {
      const test = await open();
      await publishMany(test, 2, { key: "reset", rate: 1, period: 3600 });
      expect(await test.qstash.deliverDue()).toBe(1);
      await test.client.flowControl.resetRate("reset");
      expect(await test.qstash.deliverDue()).toBe(1);
    });

    it("lists its keys and does not know others", async () => {
      const test = await open();
      await publishMany(test, 1, { key: "a", rate: 1 });
      await publishMany(test, 1, { key: "b", parallelism: 1 });
      const keys = (await (await test.send("/v2/flowControl")).json()) as { flowControlKey: string }[];
      expect(keys.map((key) => key.flowControlKey).toSorted()).toEqual(["a", "b"]);
      await expect(test.client.flowControl.get("c")).rejects.toMatchObject({ status: 404 });
      await expect(test.client.flowControl.pin("a", { rate: 0 })).rejects.toMatchObject({ status: 400 });
    });
  });
}
