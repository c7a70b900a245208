import { defineConfig } from "vitest/config";

const library = (file: string) => new URL(`../src/apps/libraries/${file}`, import.meta.url).pathname;

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
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
    include: ["src/**/*.test.ts", "plugins/*/*.test.ts", "test/**/*.test.ts"],
    // Started processes (workerd, Deno) on a loaded two-core machine; a guarantee is never timed by this.
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
});
