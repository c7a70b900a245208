import { expect, test } from "vitest";
import { cpuMsOf, parseSchedstat, parseStat } from "./cpu.ts";

test("a thread's time on the processor is read in ms", () => {
  expect(parseSchedstat("174936356 9402116 394\n")).toBeCloseTo(174.936356);
});

test("user and system time are added up, whatever the process is called", () => {
  const stat = "4711 (a) b (c) S 1 1 1 0 -1 4194304 100 0 0 0 123 45 9 9 20 0 1 0 398100 3133440 389";
  expect(parseStat(stat)).toBe((123 + 45) * 10);
});

test("what is not understood is said, not taken for 0", () => {
  expect(() => parseStat("4711 (short) S")).toThrow("not understood");
  expect(() => parseSchedstat("")).toThrow("not understood");
});

test("a process that is not there is named", async () => {
  const beyondAllPids = 2 ** 22 + 1;
  await expect(cpuMsOf(beyondAllPids)).rejects.toThrow(`process ${beyondAllPids} cannot be read`);
});
