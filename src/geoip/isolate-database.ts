import type { LocateInDatabase } from "../apps/meta/geoip.ts";
import type { LocateCity } from "./reader.ts";

/** A request waits this long for the database: an SDK waits for the request. */
const READ_TIMEOUT_MS = 5000;
/** After a failure, addresses are unknown for so long before the database is read again. */
const RETRY_MS = 60_000;
const LOOK_AGAIN_MS = 20;

/**
 * A City database that an isolate of a Worker reads once, when the first address is asked for. Other requests check
 * from time to time whether it is there yet: they must not await another request's promise, and a second copy may not
 * fit into an isolate's memory. What cannot be read is said through `onFault`; addresses are unknown then.
 */
export function createIsolateDatabase(options: {
  read: () => Promise<ArrayBuffer>;
  onFault: (message: string) => void;
  /** Milliseconds since the epoch. */
  now: () => number;
}): LocateInDatabase {
  let locate: LocateCity | undefined;
  let readingSince = -Infinity;
  let failedAt = -Infinity;

  async function open(): Promise<void> {
    readingSince = options.now();
    try {
      // Loaded only here: most isolates never need it.
      const { openReader } = await import("./reader.ts");
      locate = openReader(await within(READ_TIMEOUT_MS, options.read()));
    } catch (error) {
      failedAt = options.now();
      const reason = error instanceof Error ? error.message : String(error);
      options.onFault(`the City database cannot be read, addresses are unknown for a minute: ${reason}`);
    } finally {
      readingSince = -Infinity;
    }
  }

  const isBeingRead = () => !locate && options.now() - readingSince < READ_TIMEOUT_MS;

  async function locateOnceOpen(ip: string): Promise<ReturnType<LocateCity>> {
    // A request that was cut off leaves the mark behind; it counts for as long as reading may take.
    while (isBeingRead()) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    if (!locate && options.now() - failedAt >= RETRY_MS) await open();
    return locate?.(ip) ?? null;
  }

  return (ip) => (locate ? locate(ip) : locateOnceOpen(ip));
}

async function within<Value>(timeoutMs: number, promise: Promise<Value>): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
