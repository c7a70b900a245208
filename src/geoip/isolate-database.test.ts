import { expect, test } from "vitest";
import { createIsolateDatabase } from "./isolate-database.ts";
import { writeMmdb } from "./mmdb.fixture.ts";

const LONDON = "81.2.69.160";
const bytes = new Uint8Array(writeMmdb({ [LONDON]: { city: { names: { en: "London" } } } })).buffer;

function start(read: () => Promise<ArrayBuffer>) {
  const faults: string[] = [];
  let reads = 0;
  let nowMs = 1_000_000;
  const locate = createIsolateDatabase({
    read: () => ((reads += 1), read()),
    onFault: (message) => faults.push(message),
    now: () => nowMs,
  });
  return { faults, locate, reads: () => reads, advance: (ms: number) => (nowMs += ms) };
}

test("reads the database once, when the first address is asked for, however many ask at once", async () => {
  const { promise, resolve } = Promise.withResolvers<ArrayBuffer>();
  const { locate, reads } = start(() => promise);
  expect(reads()).toBe(0);
  const asked = [LONDON, LONDON, "127.0.0.1"].map((ip) => locate(ip));
  resolve(bytes);
  const cities = await Promise.all(asked);
  expect(cities.map((city) => city?.city?.names["en"])).toEqual(["London", "London", undefined]);
  expect(reads()).toBe(1);
  expect(locate(LONDON)).toMatchObject({ city: { names: { en: "London" } } });
});

test("knows no address while the database cannot be read, says so once, and tries again after a minute", async () => {
  let broken = true;
  const { locate, faults, reads, advance } = start(async () => (broken ? new ArrayBuffer(8) : bytes));
  expect([await locate(LONDON), await locate(LONDON), reads()]).toEqual([null, null, 1]);
  expect(faults).toEqual([expect.stringContaining("the City database cannot be read")]);
  broken = false;
  advance(60_000);
  expect(await locate(LONDON)).toMatchObject({ city: { names: { en: "London" } } });
});

test("does not wait for ever for a request that was cut off while it read", async () => {
  let cutOff = true;
  const { locate, advance } = start(() => (cutOff ? new Promise(() => {}) : Promise.resolve(bytes)));
  void locate(LONDON);
  cutOff = false;
  advance(5000);
  expect(await locate(LONDON)).toMatchObject({ city: { names: { en: "London" } } });
});
