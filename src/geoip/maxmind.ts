import { Buffer } from "node:buffer";
import { readFile, stat } from "node:fs/promises";
import { type CityResponse, Reader, validate } from "maxmind";
import type { City } from "./city.ts";

const DOWNLOAD_TIMEOUT_MS = 120_000;
/** How often a file, or an address, is asked whether there is a newer database. */
const CHECK_INTERVAL_MS = 60_000;
const DOWNLOAD_INTERVAL_MS = 24 * 60 * 60 * 1000;

/** A MaxMind City database. */
export interface CityDatabase {
  /** Null for addresses that it does not know, and for what is no address. */
  locate(ip: string): City | null;
  close(): void;
}

/**
 * Opens the database at a path or an http(s) address, and takes a newer one into use when the file changes, or once a
 * day. Rejects when it cannot be read or is none; a newer one that is broken is refused through `onFault`, and the one
 * at hand goes on.
 */
export async function openCityDatabase(
  place: string,
  options: { fetch: typeof fetch; onFault: (message: string) => void },
): Promise<CityDatabase> {
  const isUrl = /^https?:/.test(place);
  const read = async () =>
    new Reader<CityResponse>(isUrl ? await download(place, options.fetch) : await readFile(place));
  const changedAt = async () => (isUrl ? Date.now() : (await stat(place)).mtimeMs);

  let readAt = await changedAt();
  let reader = await read();
  const timer = setInterval(
    () => {
      void refresh().catch((error: Error) =>
        options.onFault(`GEOIP_DATABASE was not renewed: ${error.message}`),
      );
    },
    isUrl ? DOWNLOAD_INTERVAL_MS : CHECK_INTERVAL_MS,
  );
  timer.unref();

  async function refresh(): Promise<void> {
    const at = await changedAt();
    if (at === readAt) return;
    reader = await read();
    readAt = at;
  }

  return {
    locate(ip) {
      if (!validate(ip)) return null;
      const found = reader.get(ip);
      return found === null ? null : (camelCased(found) as City);
    },
    close: () => clearInterval(timer),
  };
}

async function download(url: string, fetchDatabase: typeof fetch): Promise<Buffer> {
  const response = await fetchDatabase(url, { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

/** `iso_code` becomes `isoCode`, at every depth. Languages keep their names: `pt-BR` has no underscore. */
function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      camelCased(inner),
    ]),
  );
}
