import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { HEADER, writeChanged } from "./output.ts";

/** A Worker may have 10 MB in gzip on the Paid plan and 3 MB on Free; the gateway and the apps need some of that. */
const MAX_BYTES = 9_000_000;
const MAX_FREE_BYTES = 2_500_000;

/**
 * Writes the module `#geoip`: the City database that goes with the Worker, or null. Returns a warning when the database
 * needs the Paid plan. Throws, with what to do instead, when it cannot go along.
 */
export async function writeGeoip(
  outDirectory: string,
  file: string | undefined,
  maxBytes = MAX_BYTES,
): Promise<string | null> {
  const types = `${HEADER}\ndeclare const city: ArrayBuffer | null;\nexport default city;\n`;
  if (!file) {
    await writeChanged(outDirectory, {
      "geoip.js": `${HEADER}\nexport default null;\n`,
      "geoip.d.ts": types,
    });
    return null;
  }
  if (/^https?:/.test(file)) {
    throw new Error(
      `GEOIP_DATABASE is an address, and a Worker takes its database along: download ${file} first`,
    );
  }
  const database = await readFile(file).catch((error: Error) => {
    throw new Error(`GEOIP_DATABASE cannot be read: ${error.message}`);
  });
  const bytes = gzipSync(database).length;
  if (bytes > maxBytes) {
    throw new Error(
      `GEOIP_DATABASE has ${bytes} bytes in gzip, and a Worker has room for ${maxBytes}: put it into R2 and bind that as GEOIP_DB, or take a smaller database`,
    );
  }
  await writeChanged(outDirectory, {
    "city.mmdb": database,
    "geoip.js": `${HEADER}\nimport city from "./city.mmdb";\nexport default city;\n`,
    "geoip.d.ts": types,
  });
  return bytes > MAX_FREE_BYTES
    ? `GEOIP_DATABASE has ${bytes} bytes in gzip: the Worker needs the Paid plan, Free has room for 3 MB in all`
    : null;
}
