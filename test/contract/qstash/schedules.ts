import { describe, expect, it } from "vitest";
import type { Open } from "../qstash.ts";

const minute = 60_000;

export function testSchedules(open: Open): void {
  describe("schedules", () => {
    it("publish at every tick with their body, headers and settings", async () => {
      const { client, clock, destination, qstash, advance } = await open();
      const { scheduleId } = await client.schedules.create({
        destination: `${destination.url}/tick?a=1`,
        cron: "*/5 * * * *",
        body: '{"n":1}',
        headers: { "X-Own": "a" },
        method: "PUT",
        retries: 0,
        label: "tick",
      });
      expect(scheduleId).toMatch(/^scd_/);
      expect(new Date((await qstash.nextDueAt()) ?? 0).toISOString()).toBe("2036-03-01T10:05:00.000Z");
      await advance(15 * minute);
      expect(destination.requests).toHaveLength(3);
      const [request] = destination.requests;
      expect(request).toMatchObject({ method: "PUT", path: "/tick?a=1", json: { n: 1 } });
      expect(request?.headers).toMatchObject({ "x-own": "a", "upstash-schedule-id": scheduleId });
      expect(new Set(destination.requests.map((each) => each.headers["upstash-message-id"])).size).toBe(3);
      expect(await client.schedules.get(scheduleId)).toMatchObject({
        scheduleId,
        cron: "*/5 * * * *",
        destination: `${destination.url}/tick?a=1`,
        method: "PUT",
        header: { "Content-Type": ["application/json"], "X-Own": ["a"] },
        body: '{"n":1}',
        retries: 0,
        labels: ["tick"],
        isPaused: false,
        createdAt: clock.now() - 15 * minute,
        lastScheduleTime: Date.parse("2036-03-01T10:15:00Z"),
        nextScheduleTime: Date.parse("2036-03-01T10:20:00Z"),
      });
    });

    it("make up for several missed ticks with one message", async () => {
      const { client, clock, destination, qstash } = await open();
      await client.schedules.create({ destination: destination.url, cron: "* * * * *" });
      clock.set(clock.now() + 60 * minute);
      expect(await qstash.deliverDue()).toBe(1);
      expect(await qstash.nextDueAt()).toBe(Date.parse("2036-03-01T11:01:00Z"));
    });

    it("are replaced under the same id, and keep their age", async () => {
      const { client, clock, destination, advance } = await open();
      const createdAt = clock.now();
      const create = (cron: string, path: string) =>
        client.schedules.create({ destination: destination.url + path, cron, scheduleId: "nightly" });
      await create("* * * * *", "/old");
      await advance(10_000);
      expect(await create("0 * * * *", "/new")).toEqual({ scheduleId: "nightly" });
      expect(await client.schedules.list()).toEqual([
        expect.objectContaining({ scheduleId: "nightly", cron: "0 * * * *", createdAt }),
      ]);
      await advance(60 * minute);
      expect(destination.requests.map((request) => request.path)).toEqual(["/new"]);
    });

    it("publish nothing while they are paused, and nothing once they are deleted", async () => {
      const { client, destination, advance, qstash } = await open();
      const { scheduleId } = await client.schedules.create({
        destination: destination.url,
        cron: "* * * * *",
      });
      await client.schedules.pause({ schedule: scheduleId });
      expect((await client.schedules.get(scheduleId)).isPaused).toBe(true);
      await advance(10 * minute);
      expect(destination.requests).toEqual([]);
      await client.schedules.resume({ schedule: scheduleId });
      await advance(2 * minute);
      expect(destination.requests).toHaveLength(2);
      await client.schedules.delete(scheduleId);
      expect(await qstash.nextDueAt()).toBeNull();
      await expect(client.schedules.get(scheduleId)).rejects.toMatchObject({ status: 404 });
    });

    it("publish to queues and to URL groups, and outlive a group that is gone for a while", async () => {
      const { client, destination, advance } = await open();
      const endpoints = [{ url: `${destination.url}/1` }, { url: `${destination.url}/2` }];
      await client.urlGroups.addEndpoints({ name: "group", endpoints });
      await client.schedules.create({ destination: "group", cron: "* * * * *" });
      await client.schedules.create({
        destination: `${destination.url}/q`,
        cron: "* * * * *",
        queueName: "queue",
      });
      await client.queue({ queueName: "queue" }).pause();
      await advance(minute);
      expect(destination.requests.map((request) => request.path).toSorted()).toEqual(["/1", "/2"]);
      expect((await client.queue({ queueName: "queue" }).get()).lag).toBe(1);
      await client.urlGroups.delete("group");
      await advance(minute);
      await client.urlGroups.addEndpoints({ name: "group", endpoints });
      await advance(minute);
      expect(destination.requests).toHaveLength(4);
    });

    it.each([
      [{ cron: "* * * *" }, "invalid Upstash-Cron"],
      [{ cron: "* * * * *", delay: "1x" as const }, "invalid Upstash-Delay"],
      [{ cron: "* * * * *", scheduleId: "not good" }, "use only letters, digits"],
      [{ cron: "* * * * *", destination: "ftp://a.b" }, "invalid destination url"],
    ])("refuse what no tick could send: %o", async (settings, message) => {
      const { client, destination } = await open();
      await expect(
        client.schedules.create({ destination: destination.url, ...settings } as Parameters<
          typeof client.schedules.create
        >[0]),
      ).rejects.toMatchObject({ status: 400, message: expect.stringContaining(message) });
    });
  });
}
