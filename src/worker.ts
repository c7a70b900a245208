import city from "#geoip";
import { apps } from "#registry";
import type { LocateInDatabase } from "./apps/meta/geoip.ts";
import { hardenBuiltIns } from "./apps/built-ins/harden.ts";
import type { ClientLocation } from "./event.ts";
import { createGateway, type Gateway } from "./gateway.ts";
import { bindingReader } from "./geoip/binding.ts";
import { createIsolateDatabase } from "./geoip/isolate-database.ts";
import { createMisconfigured } from "./misconfigured.ts";
import type { AssetCache } from "./proxy/assets.ts";
import { type Environment, readSettings } from "./settings.ts";

interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void;
}

/** What Cloudflare knows of the connecting address; numbers arrive as text. */
type CloudflareProperties = Record<string, string | undefined>;

hardenBuiltIns();

let gateway: Gateway | undefined;

/** One gateway per isolate, made when the first request brings the bindings. */
function gatewayOf(environment: Environment): Gateway {
  gateway ??= build(environment);
  return gateway;
}

function build(environment: Environment): Gateway {
  const parsed = readSettings(environment);
  if ("faults" in parsed) return createMisconfigured(parsed.faults);
  return createGateway({
    runtime: "workerd",
    apps,
    settings: parsed.settings,
    environment,
    // The embedded stack says so itself; Upstash is durable.
    durability: environment["EMBEDDED_DURABILITY"] === "memory" ? "memory" : "durable",
    now: () => new Date(),
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    fetch: (input, init) => fetch(input, init),
    locate: locateIn(environment),
    assetCache: (caches as unknown as { default: AssetCache }).default,
    write: (line) => console.log(line),
  });
}

addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  gateway?.unhandledRejection(event.reason);
});

addEventListener("error", (event) => {
  if (gateway?.uncaughtException(event.error)) event.preventDefault();
});

/** Looks addresses up in the City database that was deployed along, or else in the one that `GEOIP_DB` binds. */
function locateIn(environment: Environment): LocateInDatabase {
  const name = environment["GEOIP_DATABASE"];
  const key = typeof name === "string" && name !== "" ? name : "city.mmdb";
  const bundled = city;
  const read = bundled ? async () => bundled : bindingReader(environment["GEOIP_DB"], key);
  if (!read) return () => null;
  return createIsolateDatabase({ read, now: Date.now, onFault: (message) => console.error(message) });
}

export default {
  fetch(request: Request, environment: Environment, context: ExecutionContext): Response | Promise<Response> {
    const ip = request.headers.get("CF-Connecting-IP");
    return gatewayOf(environment).fetch(request, {
      client: { ip, location: () => (ip === null ? null : locationOf(ip, request)) },
      waitUntil: (promise) => context.waitUntil(promise),
    });
  },

  scheduled(event: { scheduledTime: number }, environment: Environment): Promise<void> {
    return gatewayOf(environment).scheduled(event.scheduledTime);
  },
};

function locationOf(ip: string, request: Request): ClientLocation | null {
  const { cf } = request as Request & { cf?: CloudflareProperties };
  if (!cf?.["country"]) return null;
  const location: ClientLocation = { ip, country: cf["country"] };
  for (const name of ["city", "continent", "postalCode", "region", "regionCode", "timezone"] as const) {
    const value = cf[name];
    if (value) location[name] = value;
  }
  if (cf["latitude"]) location.latitude = Number(cf["latitude"]);
  if (cf["longitude"]) location.longitude = Number(cf["longitude"]);
  return location;
}
