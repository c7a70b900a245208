import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { AppJobs } from "../src/apps/meta/jobs.ts";
import type { AppGeoip } from "../src/apps/meta/geoip.ts";
import { defineApp } from "../src/apps/testing.ts";
import type { PluginEvent } from "../src/event.ts";
import { type CityDatabase, openCityDatabase } from "../src/geoip/maxmind.ts";
import { writeMmdb } from "../src/geoip/mmdb.fixture.ts";
import type { AppHost } from "../src/apps/definition.ts";
import { type DeliveredEvent, startTestGateway, type TestGateway } from "./gateway.ts";

const SWEDEN = "89.160.20.129";
const SOMEWHERE = "81.2.69.160";

let edge: TestGateway;
let database: CityDatabase | undefined;
afterEach(async () => {
  await edge.stop();
  database?.close();
  database = undefined;
});

/** An app such as the well-known one: writes where the client is into the event and its person. */
const geoip = defineApp("GeoIP", {
  async processEvent(event: PluginEvent, meta: { geoip?: AppGeoip }) {
    if (!meta.geoip) throw new Error("there is no geoip here");
    const ip = event.properties?.["$ip"] ?? event.ip;
    if (!ip || event.properties?.["$geoip_disable"]) return event;
    const found = await meta.geoip.locate(String(ip));
    if (!found) return event;
    const place = {
      city_name: found.city?.names["en"] ?? null,
      country_name: found.country?.names["en"] ?? null,
      country_code: found.country?.isoCode ?? null,
      continent_code: found.continent?.code ?? null,
      postal_code: found.postal?.code ?? null,
      latitude: found.location?.latitude ?? null,
      longitude: found.location?.longitude ?? null,
      time_zone: found.location?.timeZone ?? null,
      subdivision_1_name: found.subdivisions?.[0]?.names["en"] ?? null,
    };
    event.properties ??= {};
    event.$set ??= {};
    event.$set_once ??= {};
    for (const [name, value] of Object.entries(place)) {
      if (value !== null) event.properties[`$geoip_${name}`] = value;
      event.$set[`$geoip_${name}`] = value;
      event.$set_once[`$initial_geoip_${name}`] = value;
    }
    return event;
  },
});

const removeIp = defineApp("remove-ip", {
  processEvent: (event: PluginEvent) => ({ ...event, ip: null }),
});

/** Starts apps, with a database file of two addresses, and sends one event from an address. */
async function send(
  apps: Parameters<typeof startTestGateway>[0]["apps"],
  ip: string,
  event: Record<string, unknown> = {},
): Promise<DeliveredEvent | undefined> {
  const directory = await mkdtemp(join(tmpdir(), "edgehog-geoip-"));
  const file = join(directory, "city.mmdb");
  const linkoping = {
    city: { names: { en: "Linköping" } },
    country: { iso_code: "SE", names: { en: "Sweden" } },
    continent: { code: "EU", names: { en: "Europe" } },
    location: { latitude: 58.4, longitude: 15.6, time_zone: "Europe/Stockholm" },
    subdivisions: [{ iso_code: "E", names: { en: "Östergötland" } }],
  };
  await writeFile(
    file,
    writeMmdb({ [SWEDEN]: linkoping, [SOMEWHERE]: { country: { iso_code: "GB", names: {} } } }),
  );
  const opened = await openCityDatabase(file, { fetch, onFault: () => {} });
  await rm(directory, { recursive: true });
  database = opened;
  edge = await startTestGateway({
    apps: apps.map((app, index) => ({ ...app, id: index + 1 })),
    locate: opened.locate,
  });
  await fetch(`${edge.url}/e/`, {
    method: "POST",
    headers: { "CF-Connecting-IP": ip },
    body: JSON.stringify({ api_key: edge.token, event: "e", distinct_id: "u1", ...event }),
  });
  await edge.settle();
  return edge.delivered()[0];
}

describe("an app that locates clients", () => {
  test("writes what the database knows into an event that came without properties [378]", async () => {
    const { properties, $set, $set_once: setOnce } = (await send([geoip], SWEDEN)) ?? {};
    expect(properties).toMatchObject({ $geoip_city_name: "Linköping", $geoip_country_code: "SE" });
    expect($set).toMatchObject({ $geoip_time_zone: "Europe/Stockholm", $geoip_postal_code: null });
    expect(setOnce).toMatchObject({ $initial_geoip_subdivision_1_name: "Östergötland" });
  });

  test("finds the parts that are not known missing, not invented [373]", async () => {
    const { properties, $set } = (await send([geoip], SOMEWHERE)) ?? {};
    expect($set).toMatchObject({
      $geoip_city_name: null,
      $geoip_country_name: null,
      $geoip_country_code: "GB",
    });
    expect(properties).not.toHaveProperty("$geoip_city_name");
  });

  test("may prefer an address in the properties [375]", async () => {
    const delivered = await send([geoip], "9.9.9.9", { properties: { $ip: SWEDEN } });
    expect(delivered?.properties).toMatchObject({ $geoip_city_name: "Linköping" });
  });

  test.each([
    ["whose sender wants no location", SWEDEN, { properties: { $geoip_disable: true } }],
    ["from an address that nobody knows", "127.0.0.1", {}],
    ["with something that is no address", SWEDEN, { properties: { $ip: "asdfgh" } }],
  ])("leaves an event alone %s [374, 380, 381]", async (_which, ip, event) => {
    const delivered = await send([geoip], ip, event);
    expect(delivered?.$set).toBeUndefined();
    expect(Object.keys(delivered?.properties ?? {}).filter((name) => name.startsWith("$geoip_"))).toEqual(
      "properties" in event && "$geoip_disable" in event.properties ? ["$geoip_disable"] : [],
    );
    expect(delivered?.properties["$plugins_failed"]).toEqual([]);
  });

  test.each([
    ["not after an app that removes the address", [removeIp, geoip], undefined],
    ["before one that does", [geoip, removeIp], "Linköping"],
  ])("knows the client %s [383]", async (_order, apps, city) => {
    expect((await send(apps, SWEDEN))?.properties["$geoip_city_name"]).toBe(city);
  });
});

describe("where the platform said that a client was, when its event arrived", () => {
  const located: [string, string | null][] = [];
  const locate = async (hook: string, meta: { geoip: AppGeoip }, ip: unknown) =>
    void located.push([hook, (await meta.geoip.locate(String(ip)))?.city?.names["en"] ?? null]);
  type Its = { geoip: AppGeoip; jobs: AppJobs; posthog: AppHost["posthog"] };

  test("is what exportEvents, its retries and jobs are told later", async () => {
    located.length = 0;
    let failed = false;
    const code = (RetryError: new () => Error) => ({
      async processEvent(event: PluginEvent, { jobs }: Its) {
        await jobs["later"]?.({ client: event.ip }).runIn(7, "days");
        return event;
      },
      async exportEvents([event]: PluginEvent[], meta: Its) {
        await locate("exportEvents", meta, event?.ip);
        if (failed) return;
        failed = true;
        throw new RetryError();
      },
      jobs: {
        later: ({ client }: { client: string }, meta: Its) => locate("job", meta, client),
        other: (_: unknown, meta: Its) => locate("job of another event", meta, "203.0.113.7"),
      },
      runEveryDay: ({ jobs }: Its) => jobs["other"]?.({}).runNow(),
    });
    const nothing = { defaultExport: undefined, moduleExports: {}, topLevel: {} };
    const app = defineApp(
      "app",
      {},
      {
        createApp: ({ RetryError }: AppHost) => ({
          ...nothing,
          exports: code(RetryError as new () => Error),
        }),
      },
    );
    await send([app], "203.0.113.7");
    edge.restart();
    await edge.advance(8 * 24 * 3600 * 1000);
    await edge.scheduled(Date.parse("2036-03-10T00:00:00Z"));
    await edge.settle();
    expect(located).toEqual([
      ["exportEvents", "Platform"],
      ["exportEvents", "Platform"],
      ["job", "Platform"],
      // It came with no event, so that only a database may answer.
      ["job of another event", null],
    ]);
  });

  test("is not kept for an event whose address an app removed", async () => {
    const exporter = defineApp("exporter", { exportEvents: () => {} });
    await send([removeIp, exporter], "203.0.113.7");
    const [item] = (await edge.redisCommand(
      "LRANGE",
      "export:phc_test:exporter:buffer",
      "0",
      "-1",
    )) as string[];
    expect(item).toContain('"ip":null');
    expect(item).not.toContain("203.0.113.7");
  });

  test("goes along with an event that an app captures about the client", async () => {
    const capturing = defineApp(
      "app",
      {},
      {
        createApp: ({ posthog }: AppHost) => ({
          defaultExport: undefined,
          moduleExports: {},
          topLevel: {},
          exports: {
            async processEvent(event: PluginEvent) {
              const { capture } = posthog as { capture: (name: string, properties: object) => Promise<void> };
              if (event.event === "e") await capture("seen", { $ip: event.ip });
              return event;
            },
          },
        }),
      },
    );
    await send([capturing, geoip], "203.0.113.7");
    const seen = edge.delivered().find(({ event }) => event === "seen");
    expect(seen?.properties).toMatchObject({ $geoip_city_name: "Platform" });
  });
});
