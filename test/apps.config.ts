import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { isForVitest, runJestFiles } from "../src/testing/jest/plugin.ts";
import { libraryAliases } from "./library-aliases.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** For `npm run test:apps`: the tests that apps bring, ours for vitest and published ones for Jest. */
export default defineConfig({
  root,
  plugins: [runJestFiles(`${root}plugins`)],
  resolve: { alias: libraryAliases },
  test: {
    include: ["plugins/*/**/*.{test,spec}.?(c|m)[jt]s?(x)", "plugins/*/**/__tests__/**/*.[jt]s?(x)"],
    exclude: ["**/node_modules/**", "**/__mocks__/**"],
    // Snapshots of Jest have matchers of their own; vitest would call them obsolete.
    resolveSnapshotPath: (path, suffix) =>
      join(dirname(path), isForVitest(path) ? "__snapshots__" : "", basename(path) + suffix),
    // Below the gateway's own tests in what they may take: they start no process.
    testTimeout: 10_000,
  },
});
