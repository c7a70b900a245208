import { globSync } from "node:fs";
import { defineConfig } from "vitest/config";
import lint from "../.oxlintrc.json" with { type: "json" };
import { isForVitest } from "../src/testing/jest/plugin.ts";
import { libraryAliases } from "./library-aliases.ts";

const root = new URL("..", import.meta.url).pathname;

/** Tests that others wrote run with `npm run test:apps` only: those for Jest, and those of apps that were brought. */
const theirs = globSync("plugins/*/*.test.ts", { cwd: root }).filter(
  (file) =>
    !isForVitest(`${root}${file}`) || lint.ignorePatterns.some((pattern) => file.startsWith(`${pattern}/`)),
);

export default defineConfig({
  root,
  resolve: { alias: libraryAliases },
  test: {
    exclude: ["**/node_modules/**", "test/kit/published/**", ...theirs],
    include: ["src/**/*.test.{ts,tsx}", "plugins/*/*.test.ts", "test/**/*.test.ts"],
    // Many tests wait for processes and for times in them; left to itself, vitest takes one worker on two cores.
    maxWorkers: 2,
    // Started processes (workerd, Deno) on a loaded two-core machine; a guarantee is never timed by this.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
