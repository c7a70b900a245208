import { defineConfig } from "vitest/config";

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  // What apps import from their host; their own tests then run here as their authors wrote them.
  resolve: {
    alias: {
      "@posthog/plugin-scaffold": new URL("../src/apps/libraries/plugin-scaffold.ts", import.meta.url)
        .pathname,
    },
  },
  test: {
    include: ["src/**/*.test.ts", "plugins/*/*.test.ts", "test/**/*.test.ts"],
    // Started processes (workerd, Deno) on a loaded two-core machine; a guarantee is never timed by this.
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
});
