import { expect, test } from "vitest";
import { formatReport } from "./report.ts";
import type { Results } from "./run.ts";

const spread = { median: 12_345.6, min: 9876.5, max: 23_456.7 };

const results: Results = {
  requests: 150,
  rounds: 7,
  capturePath: [
    {
      payload: "100 in gzip",
      worker: "2 apps",
      requestsPerRound: 100_000,
      cpuPerRequestUs: spread,
      cpuPerEventUs: 246.9,
      timesBare: { median: 1.5, min: 1.25, max: 12.75 },
      requestsPerSecond: 12_345.6,
      benchCpuPerRequestUs: 4321,
    },
  ],
  chainOverhead: { apps: 20, payload: "50 in gzip", requestsPerRound: 100_000, cpuPerEventAndAppUs: spread },
  wholeWay: [
    {
      payload: "100 in gzip",
      worker: "2 apps",
      requestsPerRound: 40_000,
      cpuPerEventUs: spread,
      eventsPerSecond: 123_456,
      redisCommands: 4000,
      qstashMessages: 10.25,
    },
  ],
  captureBill: [{ payload: "100 in gzip", worker: "2 apps", redisCommands: 0, qstashMessages: 10 }],
  startUp: [
    {
      worker: "2 apps",
      bundleBytes: 1_234_567,
      gzipBytes: 234_567,
      firstAnswerMs: spread,
      cpuMs: spread,
    },
  ],
};

test("the report fits into 100 columns, whatever was measured", () => {
  for (const line of formatReport(results).split("\n")) expect(line.length).toBeLessThanOrEqual(100);
});

test("the bill has what capture and the whole way cost in one row", () => {
  const [row] = formatReport(results).match(/100 in gzip {2}2 apps {2,}0 .*/) ?? [];
  expect(row?.split(/ {2,}/).slice(2)).toEqual(["0", "10", "4000", "10.3"]);
});
