import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeGeoip } from "./geoip.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "edgehog-geoip-"));
});
afterEach(() => rm(directory, { recursive: true }));

const written = () => readFile(join(directory, "out/geoip.js"), "utf8");

test("takes no database along where none is named", async () => {
  expect(await writeGeoip(join(directory, "out"), undefined)).toBeNull();
  expect(await written()).toContain("export default null;");
});

test("takes a small database along, byte for byte", async () => {
  const file = join(directory, "any-name.mmdb");
  await writeFile(file, Buffer.from([0, 255, 128]));
  expect(await writeGeoip(join(directory, "out"), file)).toBeNull();
  expect(await written()).toContain('import city from "./city.mmdb";');
  expect([...(await readFile(join(directory, "out/city.mmdb")))]).toEqual([0, 255, 128]);
});

test("refuses a database that is too large, and says where it can go", async () => {
  const file = join(directory, "large.mmdb");
  await writeFile(file, crypto.getRandomValues(Buffer.alloc(2000)));
  await expect(writeGeoip(join(directory, "out"), file, 1000)).rejects.toThrow(
    /GEOIP_DATABASE has \d+ bytes in gzip, and a Worker has room for 1000: put it into R2 and bind that as GEOIP_DB/,
  );
});

test("refuses what is not a file", async () => {
  await expect(writeGeoip(directory, "https://example.com/city.mmdb")).rejects.toThrow("download");
  await expect(writeGeoip(directory, join(directory, "none.mmdb"))).rejects.toThrow("ENOENT");
});
