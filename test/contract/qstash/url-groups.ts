import { describe, expect, it } from "vitest";
import type { Open } from "../qstash.ts";

export function testUrlGroups(open: Open): void {
  describe("URL groups", () => {
    it("send a message of its own to every endpoint", async () => {
      const { client, destination, qstash } = await open();
      const { url } = destination;
      await client.urlGroups.addEndpoints({
        name: "everyone",
        endpoints: [{ url: `${url}/1`, name: "first" }, { url: `${url}/2` }],
      });
      const published = await client.publishJSON({ urlGroup: "everyone", body: { n: 1 } });
      expect(published).toEqual([
        { messageId: expect.any(String), url: `${url}/1` },
        { messageId: expect.any(String), url: `${url}/2` },
      ]);
      await qstash.deliverDue();
      expect(destination.requests.map((request) => request.path).toSorted()).toEqual(["/1", "/2"]);
      expect(destination.requests.map((request) => request.headers["upstash-topic-name"])).toEqual(
        Array(2).fill("everyone"),
      );
    });

    it("deduplicate per endpoint", async () => {
      const { client, destination, qstash } = await open();
      const endpoints = [{ url: `${destination.url}/1` }, { url: `${destination.url}/2` }];
      await client.urlGroups.addEndpoints({ name: "group", endpoints });
      const publish = () => client.publish({ urlGroup: "group", deduplicationId: "once" });
      const first = await publish();
      expect(await publish()).toEqual(
        first.map(({ messageId, url }) => ({ messageId, url, deduplicated: true })),
      );
      expect(await qstash.deliverDue()).toBe(2);
    });

    it("are listed, changed and removed, with their last endpoint at the latest", async () => {
      const { client, clock } = await open();
      const { urlGroups } = client;
      await urlGroups.addEndpoints({
        name: "group",
        endpoints: [{ url: "https://a.example", name: "a" }, { url: "https://b.example" }],
      });
      await urlGroups.removeEndpoints({ name: "group", endpoints: [{ name: "a" }] });
      const group = {
        name: "group",
        createdAt: clock.now(),
        updatedAt: clock.now(),
        endpoints: [{ url: "https://b.example" }],
      };
      expect(await urlGroups.get("group")).toEqual(group);
      expect(await urlGroups.list()).toEqual([group]);
      await urlGroups.removeEndpoints({ name: "group", endpoints: [{ url: "https://b.example" }] });
      await expect(urlGroups.get("group")).rejects.toMatchObject({ status: 404 });
      await expect(client.publish({ urlGroup: "group" })).rejects.toMatchObject({ status: 404 });
      await urlGroups.addEndpoints({ name: "group", endpoints: [{ url: "https://c.example" }] });
      await urlGroups.delete("group");
      expect(await urlGroups.list()).toEqual([]);
    });
  });
}
