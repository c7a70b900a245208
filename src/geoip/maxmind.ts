import { Buffer } from "node:buffer";
import { readFile, stat } from "node:fs/promises";
import { type LocateCity, openReader } from "./reader.ts";

const DOWNLOAD_TIMEOUT_MS = 120_000;
/** How often a file, or an address, is asked whether there is a newer database. */
const CHECK_INTERVAL_MS = 60_000;
const DOWNLOAD_INTERVAL_MS = 24 * 60 * 60 * 1000;

/** A MaxMind City database. */
export interface CityDatabase {
  locate: LocateCity;
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
  const read = async () => openReader(isUrl ? await download(place, options.fetch) : await readFile(place));
  const changedAt = async () => (isUrl ? Date.now() : (await stat(place)).mtimeMs);

  let readAt = await changedAt();
  let locate = await read();
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
    locate = await read();
    readAt = at;
  }

  return {
    locate: (ip) => locate(ip),
    close: () => clearInterval(timer),
  };
}

async function download(url: string, fetchDatabase: typeof fetch): Promise<Buffer> {
  const response = await fetchDatabase(url, { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}
