import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { root } from "./bundle.ts";
import { runCommand, UsageError } from "./run-command.ts";

const usage = `Usage: npm run test:apps [-- <app> …] [-- --watch]

Runs the tests that apps in plugins/ bring: those for vitest, and those that were written for Jest, with the module under
test compiled as the gateway compiles it. Exits with 1 when one fails, or when the named apps have none.
Of Jest there is no jsdom, no moduleNameMapper, no custom transform, and snapshots are only read.
`;

await runCommand(usage, { watch: { type: "boolean" } }, async (apps, { watch }) => {
  for (const app of apps) {
    if (existsSync(join(root, "plugins", app))) continue;
    throw new UsageError(`There is no plugins/${app}.`);
  }
  const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
  const tests = spawn(
    process.execPath,
    [
      vitest,
      watch ? "watch" : "run",
      "--config",
      "test/apps.config.ts",
      ...(apps.length === 0 ? ["--passWithNoTests"] : apps.map((app) => `plugins/${app}/`)),
    ],
    { cwd: root, stdio: "inherit" },
  );
  const [code] = (await once(tests, "exit")) as [number | null];
  process.exitCode = code ?? 1;
});
