import type { AssetCache } from "./assets.ts";
import { readUpTo } from "./read.ts";

const MAX_BYTES = 32 * 1024 * 1024;
/** Larger assets (source maps) are not worth several others. */
const MAX_ENTRY_BYTES = 4 * 1024 * 1024;

interface Entry {
  body: Uint8Array<ArrayBuffer>;
  headers: Headers;
}

/**
 * Keeps assets in this process, for runtimes without a cache of their own. What was asked for longest ago goes first when
 * `maxBytes` of bodies are reached. It does not know of freshness: whoever asks looks at the headers.
 */
export function createMemoryAssetCache({
  maxBytes = MAX_BYTES,
  maxEntryBytes = MAX_ENTRY_BYTES,
} = {}): AssetCache {
  const entries = new Map<string, Entry>();
  let total = 0;

  const forget = (url: string) => {
    total -= entries.get(url)?.body.byteLength ?? 0;
    entries.delete(url);
  };
  return {
    async match(url) {
      const entry = entries.get(url);
      if (!entry) return undefined;
      entries.delete(url);
      entries.set(url, entry);
      return new Response(entry.body, { headers: entry.headers });
    },

    async put(url, response) {
      const body = response.body ? await readUpTo(response.body, Math.min(maxEntryBytes, maxBytes)) : null;
      if (body === null) return;
      forget(url);
      entries.set(url, { body, headers: response.headers });
      total += body.byteLength;
      for (const oldest of entries.keys()) {
        if (total <= maxBytes) break;
        forget(oldest);
      }
    },
  };
}
