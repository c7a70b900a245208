import { hardenBuiltIns } from "../apps/built-ins/harden.ts";
import type { AppDefinition } from "../apps/definition.ts";
import { createGateway, type Gateway } from "../gateway.ts";
import type { CityDatabase } from "../geoip/maxmind.ts";
import { RedisUnavailableError } from "../local/redis/backend.ts";
import { createMemoryAssetCache } from "../proxy/memory-cache.ts";
import { type Environment, readSettings, type Settings } from "../settings.ts";

const DEFAULT_PORT = 8787;

/** The gateway as a process of its own: what Node and Deno have in common. */
export interface GatewayProcess {
  gateway: Gateway;
  settings: Settings;
  port: number;
  /** Takes work that goes on after its request was answered, and that `finish` waits for. */
  waitUntil(promise: Promise<unknown>): void;
  /** Resolves when all work given to `waitUntil` has finished. */
  finish(): Promise<void>;
  /** A cron tick, which a shutdown waits for. */
  scheduled(timeMs: number): Promise<void>;
}

/** Thrown instead of starting: one line per fault. */
export class FaultySettings extends Error {
  constructor(faults: readonly string[]) {
    super(
      `Edgehog does not start, its settings are faulty:\n${faults.map((fault) => `  ${fault}`).join("\n")}`,
    );
    this.name = "FaultySettings";
  }
}

/** What the console says of an error that keeps the process from starting: of one that a person can mend no stack. */
export function describeStartFault(error: unknown, port: string | undefined): unknown {
  if (error instanceof FaultySettings || error instanceof RedisUnavailableError) return error.message;
  if ((error as { code?: unknown }).code !== "EADDRINUSE") return error;
  return `Edgehog does not start: port ${port || DEFAULT_PORT} is taken. End what listens there, or set PORT to another one.`;
}

export async function createGatewayProcess(options: {
  runtime: "deno" | "node";
  apps: readonly AppDefinition[];
  environment: Environment;
  durability: "durable" | "memory";
}): Promise<GatewayProcess> {
  const { environment } = options;
  const parsed = readSettings(environment);
  const port = Number(environment["PORT"] ?? DEFAULT_PORT);
  const faults = "faults" in parsed ? [...parsed.faults] : [];
  if (!Number.isInteger(port) || port < 0 || port > 65_535) faults.push("PORT is not a port number");
  const database = await openGeoip(environment).catch((error: Error) => {
    faults.push(`GEOIP_DATABASE cannot be read as a MaxMind City database: ${error.message}`);
    return null;
  });
  if ("faults" in parsed || faults.length > 0) {
    database?.close();
    throw new FaultySettings(faults);
  }

  hardenBuiltIns();
  const running = new Set<Promise<unknown>>();
  const waitUntil = (promise: Promise<unknown>) => {
    running.add(promise);
    void promise.finally(() => running.delete(promise));
  };
  const gateway = createGateway({
    ...options,
    settings: parsed.settings,
    now: () => new Date(),
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    fetch: (input, init) => fetch(input, init),
    locate: (ip) => database?.locate(ip) ?? null,
    assetCache: createMemoryAssetCache(),
    write: (line) => console.log(line),
  });
  return {
    settings: parsed.settings,
    port,
    gateway,
    waitUntil,
    async finish() {
      while (running.size > 0) await Promise.allSettled(running);
    },
    scheduled(timeMs) {
      const ticked = gateway.scheduled(timeMs).catch((error: Error) => {
        console.error(`a cron tick was not done in full, the next one comes all the same: ${error.message}`);
      });
      waitUntil(ticked);
      return ticked;
    },
  };
}

/** The City database that `GEOIP_DATABASE` names by path or address; null without one. */
async function openGeoip(environment: Environment): Promise<CityDatabase | null> {
  const place = environment["GEOIP_DATABASE"];
  if (typeof place !== "string" || place === "") return null;
  const { openCityDatabase } = await import("../geoip/maxmind.ts");
  return openCityDatabase(place, {
    fetch: (input, init) => fetch(input, init),
    onFault: (message) => console.error(message),
  });
}
