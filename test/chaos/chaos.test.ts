import { describe, expect, test } from "vitest";
import { requireProgram } from "../requirements.ts";
import { findings, formatReport } from "./report.ts";
import { runChaos } from "./run.ts";

const LIMIT_MS = 300_000;

describe.skipIf(requireProgram("redis-server") === null)("with a tenth of everything failing", () => {
  test(
    "no acknowledged event is lost, though gateway, queue and Redis are killed in the middle",
    async () => {
      const results = await runChaos({
        shares: [0.1],
        events: 2000,
        sendMsPerLevel: 15_000,
        speed: 40,
        seed: 1,
        progress: () => {},
      });
      expect(results.flatMap(findings), formatReport(results)).toEqual([]);
    },
    LIMIT_MS,
  );
});
