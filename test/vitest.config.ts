import { globSync } from "node:fs";
import { defineConfig } from "vitest/config";
import lint from "../.oxlintrc.json" with { type: "json" };
import { isForVitest } from "../src/testing/jest/plugin.ts";

const root = new URL("..", import.meta.url).pathname;

/** Tests that others wrote run with `npm run test:apps` only: those for Jest, and those of apps that were brought. */
const theirs = globSync("plugins/*/*.test.ts", { cwd: root }).filter(
  (file) =>
    !isForVitest(`${root}${file}`) || lint.ignorePatterns.some((pattern) => file.startsWith(`${pattern}/`)),
);

const library = (file: string) => new URL(`../src/apps/libraries/${file}`, import.meta.url).pathname;

export default defineConfig({
  root,
  // What apps import from their host; their own tests then run here as their authors wrote them.
  resolve: {
    alias: [
      { find: /^@posthog\/plugin-scaffold$/, replacement: library("plugin-scaffold.ts") },
      {
        find: /^@posthog\/plugin-scaffold\/test\/utils(\.js)?$/,
        replacement: library("plugin-scaffold/test-utils.ts"),
      },
      { find: /^@posthog\/plugin-contrib$/, replacement: library("plugin-contrib.ts") },
    ],
  },
  test: {
    exclude: ["**/node_modules/**", "test/kit/published/**", ...theirs],
    include: ["src/**/*.test.ts", "plugins/*/*.test.ts", "test/**/*.test.ts"],
    // Started processes (workerd, Deno) on a loaded two-core machine; a guarantee is never timed by this.
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
});
