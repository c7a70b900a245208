import { describe, expect, it } from "vitest";
import type { Open } from "../qstash.ts";

export function testQueues(open: Open): void {
  describe("queues", () => {
    it("deliver in order, and let the next message wait for the retries of the one before", async () => {
      const { client, destination, qstash, advance } = await open();
      const queue = client.queue({ queueName: "fifo" });
      for (const n of [1, 2, 3]) {
        await queue.enqueueJSON({ url: destination.url, body: { n }, retries: 1, retryDelay: "1000" });
      }
      destination.answerWith(
        ({ json }) => new Response(null, { status: (json as { n: number }).n === 1 ? 500 : 200 }),
      );
      await qstash.deliverDue();
      expect(destination.requests.map((request) => request.json)).toEqual([{ n: 1 }]);
      expect(await queue.get()).toMatchObject({ name: "fifo", parallelism: 1, paused: false, lag: 3 });
      await advance(1000);
      const numbers = destination.requests.map((request) => (request.json as { n: number }).n);
      expect(numbers).toEqual([1, 1, 2, 3]);
      expect((await client.dlq.listMessages({ filter: { queueName: "fifo" } })).messages).toHaveLength(1);
      expect(await queue.get()).toMatchObject({ lag: 0 });
    });

    it("let the next message wait for the callbacks of the one before, failures' included", async () => {
      const { client, destination, advance, qstash } = await open();
      const queue = client.queue({ queueName: "with-callbacks" });
      let failing = true;
      destination.answerWith(({ path }) => {
        const status = path === "/work" || (path === "/callback" && failing) ? 500 : 200;
        return new Response(null, { status });
      });
      await queue.enqueue({
        url: `${destination.url}/work`,
        retries: 0,
        callback: `${destination.url}/callback`,
        failureCallback: `${destination.url}/failed`,
        headers: { "Upstash-Callback-Retries": "3", "Upstash-Callback-Retry-Delay": "60000" },
      });
      await queue.enqueue({ url: `${destination.url}/next` });
      await qstash.deliverDue();
      const paths = () => destination.requests.map((request) => request.path);
      expect(paths().toSorted()).toEqual(["/callback", "/failed", "/work"]);
      failing = false;
      await advance(59_999);
      expect(paths()).not.toContain("/next");
      await advance(1);
      expect(paths().slice(-2)).toEqual(["/callback", "/next"]);
    });

    it("deliver as many messages at once as their parallelism, and more as soon as it is raised", async () => {
      const { client, destination, qstash } = await open();
      const queue = client.queue({ queueName: "wide" });
      await queue.upsert({ parallelism: 2 });
      const gate = Promise.withResolvers<void>();
      const arrivals = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      let underWay = 0;
      let most = 0;
      destination.answerWith(async () => {
        most = Math.max(most, ++underWay);
        arrivals[underWay - 2]?.resolve();
        await gate.promise;
        underWay--;
        return new Response();
      });
      for (let n = 0; n < 6; n++) await queue.enqueue({ url: destination.url });
      const first = qstash.deliverDue();
      await arrivals[0]?.promise;
      expect(await queue.get()).toMatchObject({ parallelism: 2, lag: 6 });
      expect(destination.requests).toHaveLength(2);
      await queue.upsert({ parallelism: 3 });
      const second = qstash.deliverDue();
      await arrivals[1]?.promise;
      gate.resolve();
      await Promise.all([first, second]);
      expect(most).toBe(3);
      expect(destination.requests).toHaveLength(6);
    });

    it("hold their messages while they are paused, and go on where they were", async () => {
      const { client, destination, qstash, advance } = await open();
      const queue = client.queue({ queueName: "paused" });
      await queue.enqueue({ url: `${destination.url}/1` });
      await queue.pause();
      await queue.enqueue({ url: `${destination.url}/2` });
      await advance(3_600_000);
      expect(destination.requests).toEqual([]);
      expect(await queue.get()).toMatchObject({ paused: true, lag: 2 });
      await queue.resume();
      expect(await qstash.deliverDue()).toBe(2);
      expect(destination.requests.map((request) => request.path)).toEqual(["/1", "/2"]);
    });

    it("let a retry that falls into a pause wait for its time or the end of the pause", async () => {
      const { client, destination, qstash, advance } = await open();
      const queue = client.queue({ queueName: "paused-retry" });
      destination.answerWith(
        ({ headers }) => new Response(null, { status: headers["upstash-retried"] === "0" ? 500 : 200 }),
      );
      await queue.enqueue({ url: destination.url, retryDelay: "60000" });
      await qstash.deliverDue();
      await queue.pause();
      await advance(30_000);
      await queue.resume();
      expect(await qstash.deliverDue()).toBe(0);
      await advance(30_000);
      expect(destination.requests).toHaveLength(2);
    });

    it("go on when a message in them is cancelled", async () => {
      const { client, destination, qstash } = await open();
      const queue = client.queue({ queueName: "cancelled" });
      const { messageId } = await queue.enqueue({ url: `${destination.url}/1`, delay: 60 });
      await queue.enqueue({ url: `${destination.url}/2` });
      expect(await qstash.deliverDue()).toBe(0);
      await client.messages.cancel(messageId);
      await qstash.deliverDue();
      expect(destination.requests.map((request) => request.path)).toEqual(["/2"]);
    });

    it("are listed, and deleted with their messages", async () => {
      const { client, destination, qstash, clock } = await open();
      await client.queue({ queueName: "b" }).upsert({ parallelism: 3 });
      await client.queue({ queueName: "a" }).enqueue({ url: destination.url });
      expect(await client.queue().list()).toEqual([
        { name: "a", parallelism: 1, paused: false, lag: 1, createdAt: clock.now(), updatedAt: clock.now() },
        { name: "b", parallelism: 3, paused: false, lag: 0, createdAt: clock.now(), updatedAt: clock.now() },
      ]);
      await client.queue({ queueName: "a" }).delete();
      await expect(client.queue({ queueName: "a" }).get()).rejects.toMatchObject({ status: 404 });
      expect(await qstash.deliverDue()).toBe(0);
      await expect(client.queue({ queueName: "not good" }).upsert({ parallelism: 1 })).rejects.toMatchObject({
        status: 400,
      });
    });
  });
}
