import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openCityDatabase } from "./maxmind.ts";
import { writeMmdb } from "./mmdb.fixture.ts";

const london = {
  city: { names: { en: "London" }, geoname_id: 2643743 },
  country: { iso_code: "GB", names: { en: "United Kingdom" } },
  location: { latitude: 51.5, longitude: -0.1, accuracy_radius: 10, time_zone: "Europe/London" },
  subdivisions: [{ iso_code: "ENG", names: { en: "England" } }],
};

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "edgehog-geoip-"));
  file = join(directory, "city.mmdb");
  await writeFile(file, writeMmdb({ "81.2.69.160": london }));
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(directory, { recursive: true });
});

const nowhere = { fetch, onFault: () => {} };

test("a City database answers in camelCase, and with null for what it does not know", async () => {
  const database = await openCityDatabase(file, nowhere);
  expect(database.locate("81.2.69.160")).toEqual({
    city: { names: { en: "London" }, geonameId: 2643743 },
    country: { isoCode: "GB", names: { en: "United Kingdom" } },
    location: { latitude: 51.5, longitude: -0.1, accuracyRadius: 10, timeZone: "Europe/London" },
    subdivisions: [{ isoCode: "ENG", names: { en: "England" } }],
  });
  for (const unknown of ["127.0.0.1", "asdfgh", ""]) expect(database.locate(unknown)).toBeNull();
  database.close();
});

test("a newer file is taken into use, a broken one is not", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const faults: string[] = [];
  const database = await openCityDatabase(file, { fetch, onFault: (message) => faults.push(message) });
  await writeFile(file, writeMmdb({ "81.2.69.160": { city: { names: { en: "Paris" } } } }));
  vi.advanceTimersByTime(60_000);
  await vi.waitFor(() => expect(database.locate("81.2.69.160")?.city?.names["en"]).toBe("Paris"));
  await writeFile(file, "no database");
  vi.advanceTimersByTime(60_000);
  await vi.waitFor(() => expect(faults).toHaveLength(1));
  expect(database.locate("81.2.69.160")?.city?.names["en"]).toBe("Paris");
  database.close();
});

test("a file that is none is refused at the start", async () => {
  await expect(openCityDatabase(join(directory, "missing.mmdb"), nowhere)).rejects.toThrow("ENOENT");
  await writeFile(file, "no database");
  await expect(openCityDatabase(file, nowhere)).rejects.toThrow();
});

test("a database is downloaded from an address", async () => {
  const answer = new Response(new Uint8Array(writeMmdb({ "81.2.69.160": london })));
  const database = await openCityDatabase("https://example.com/city.mmdb", {
    fetch: async () => answer,
    onFault: () => {},
  });
  expect(database.locate("81.2.69.160")?.country?.isoCode).toBe("GB");
  database.close();
});
