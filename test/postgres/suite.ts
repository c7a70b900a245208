import { randomUUID } from "node:crypto";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Edge, startEdge } from "../runtimes/edge.ts";
import type { RuntimeName } from "../runtimes/start.ts";
import { type PostgresServer, requirePostgres, startPostgres } from "./server.ts";

const TOKEN = "phc_postgres";

interface Delivered {
  distinct_id: string;
  properties: Record<string, unknown>;
}

/**
 * What apps may expect of `pg` and `generic-pool`, on a real PostgreSQL and from outside: the same for every runtime. The
 * app keeps its pools and clients in `global`; an event's name says what it does with them.
 */
export function testPostgres(runtime: RuntimeName): void {
  describe.skipIf(requirePostgres() === null)(`PostgreSQL from an app on ${runtime}`, () => {
    let postgres: PostgresServer;
    let edge: Edge;
    let silent: Server;
    let directory: string;

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), "edgehog-warehouse-"));
      postgres = await startPostgres();
      await postgres.sql("CREATE TABLE sales (person text, amount int)");
      silent = await listenSilently();
      const plugins = join(directory, "plugins");
      await cp(new URL("warehouse", import.meta.url).pathname, join(plugins, "warehouse"), {
        recursive: true,
      });
      await writeFile(join(plugins, "warehouse/address.json"), JSON.stringify({ url: postgres.url }));
      const config = { url: { env: "WAREHOUSE_URL" } };
      await writeFile(
        join(plugins, "apps.json"),
        JSON.stringify({ apps: [{ plugin: "warehouse", config }] }),
      );
      edge = await startEdge(runtime, plugins, { PROJECT_TOKENS: TOKEN, WAREHOUSE_URL: postgres.url });
    });
    afterAll(async () => {
      await edge?.stop();
      expect(edge?.lines.filter((line) => line.includes("failed to unload"))).toEqual([]);
      silent?.close();
      await postgres?.stop();
      await rm(directory, { recursive: true, force: true });
    });

    /** Sends events in one request; resolves to their properties as PostHog gets them, in order. */
    async function send(...names: string[]): Promise<Record<string, unknown>[]> {
      const { port: silentPort } = silent.address() as AddressInfo;
      const events = names.map((event) => ({
        event,
        distinct_id: `${event} ${randomUUID()}`,
        properties: { silentPort },
      }));
      const answer = await fetch(`${edge.url}/batch/`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ api_key: TOKEN, batch: events }),
      });
      expect(answer.status).toBe(200);
      const arrived = ({ distinct_id: id }: (typeof events)[number]) =>
        edge.posthog.requests
          .flatMap(({ json }) => (json as { batch?: Delivered[] } | undefined)?.batch ?? [])
          .find((event) => event.distinct_id === id)?.properties;
      await expect.poll(() => events.every(arrived)).toBe(true);
      return events.map((event) => arrived(event) ?? {});
    }
    const result = async (name: string) => {
      const [properties] = await send(name);
      return properties?.["result"] ?? properties;
    };
    const open = async () => {
      const text =
        "SELECT application_name FROM pg_stat_activity WHERE application_name IN ('warehouse', 'module', 'generic')";
      return (await postgres.sql(text)).length;
    };

    /** Before `pg` closes idle connections by itself, after 10 s. */
    const soon = { timeout: 8000 };

    test("serves 20 requests at once in a process that has just started", async () => {
      const atOnce = await Promise.all(Array.from({ length: 20 }, () => result("pool")));
      expect(atOnce).toEqual(Array.from({ length: 20 }, () => [{ sum: 2 }]));
      await expect.poll(open, soon).toBe(0);
    });

    test.each([
      ["pool", "a pool made in setupPlugin", [{ sum: 2 }]],
      ["module", "a pool made at the top of the module", [{ two: 2 }]],
      ["client", "a client connected in setupPlugin", [{ text: "kept" }]],
      ["lent", "a client that a pool lent in setupPlugin", [{ three: 3 }]],
      ["generic", "a generic-pool made in setupPlugin", [{ nine: 9 }]],
      ["objects", "a generic-pool of plain objects", "number"],
    ])("%s: %s serves 20 requests in series and 20 at once", async (name, _what, expected) => {
      for (let round = 0; round < 20; round += 1) expect(await result(name)).toEqual(expected);
      const atOnce = await Promise.all(Array.from({ length: 20 }, () => result(name)));
      expect(atOnce).toEqual(Array.from({ length: 20 }, () => expected));
      const [first, ...others] = await send(...Array.from({ length: 20 }, () => name));
      expect([first, ...others].map((properties) => properties?.["result"])).toEqual(atOnce);
    });

    test("leaves no connection open when requests have ended", async () => {
      await Promise.all([
        result("pool"),
        result("client"),
        result("lent"),
        result("generic"),
        result("module"),
      ]);
      await expect.poll(open, soon).toBe(0);
    });

    test.each([
      ["parts", [{ six: 6 }]],
      ["callback", [{ n: 7 }]],
      ["clientCallback", [{ n: 8 }]],
      ["kinds", [{ big: "int8 5", float: 1.5, bool: true, list: [1, 2], at: true, none: null }]],
      ["escape", ["'it''s'", '"a""b"']],
      ["transaction", [{ amount: 2 }]],
      ["refused", ["42P01", 'relation "nowhere" does not exist', [{ still: 4 }]]],
      ["wrongPassword", ["28P01", 'password authentication failed for user "edgehog"']],
      ["nowhere", "no server"],
      ["silent", expect.stringMatching(/timeout|terminated/)],
      ["exhausted", ["timeout exceeded when trying to connect", [{ again: 1 }], 1]],
      ["max", 2],
      ["limit", 5],
      [
        "released",
        [
          "Release called on client which has already been released to the pool.",
          "Client was closed and is not queryable",
        ],
      ],
      ["ended", "Cannot use a pool after calling end on the pool"],
      ["notices", ["look"]],
      ["genericLimit", ["ResourceRequest timed out", true, 1, 0, "pool is draining and cannot accept work"]],
    ])("behaves as on Node: %s", async (name, expected) => {
      expect(await result(name)).toEqual(expected);
    });

    test("serves hooks after the chain", async () => {
      await Promise.all(Array.from({ length: 20 }, () => send("sold", "sold")));
      const text = "SELECT count(*)::int AS sales FROM sales WHERE person LIKE 'sold %' AND amount = 99";
      await expect.poll(() => postgres.sql(text)).toEqual([{ sales: 40 }]);
      await expect.poll(open, soon).toBe(0);
    });

    test("finishes a transaction that nobody awaits", async () => {
      const [properties] = await send("unawaited");
      expect(properties?.["result"]).toBe("started");
      const text = "SELECT amount FROM sales WHERE person LIKE 'unawaited %' ORDER BY amount";
      await expect.poll(() => postgres.sql(text)).toEqual([{ amount: 1 }, { amount: 2 }]);
    });

    test.each(["leak", "genericLeak"])("closes what an app never releases: %s", async (name) => {
      await Promise.all(Array.from({ length: 20 }, () => result(name)));
      expect(await result(name)).toEqual([{ it: "leaked" }]);
      await expect.poll(open, soon).toBe(0);
    });

    test("goes on after a restart of the server, kept pools and clients too", async () => {
      expect(await result("pool")).toEqual([{ sum: 2 }]);
      await postgres.restart();
      const [pool, client, lent, generic] = await send("pool", "client", "lent", "generic");
      expect(pool).toMatchObject({ result: [{ sum: 2 }], faults: [] });
      expect(client?.["result"]).toEqual([{ text: "kept" }]);
      expect(lent?.["result"]).toEqual([{ three: 3 }]);
      expect(generic?.["result"]).toEqual([{ nine: 9 }]);
    });

    test("speaks TLS; on Workers only with a certificate that they trust, which an error says", async () => {
      const [properties] = await send("tls");
      if (runtime === "workerd") {
        expect(properties?.["fault"]).toContain("Workers demand a certificate of a public authority");
      } else {
        expect(properties?.["result"]).toEqual([{ ssl: true }]);
      }
    });
  });
}

/** Takes connections and says nothing. */
async function listenSilently(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
