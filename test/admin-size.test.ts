import { builtinModules } from "node:module";
import { build } from "esbuild";
import { expect, test } from "vitest";

const root = new URL("..", import.meta.url).pathname;
const MAX_ADMIN_BYTES = 150_000;

/** Bytes of the Worker as wrangler uploads it, which does not minify; with or without what stands under `/admin`. */
async function workerBytes(withAdmin: boolean): Promise<number> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["src/worker.ts"],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: [...builtinModules, "node:*", "cloudflare:*"],
    logLevel: "silent",
    plugins: withAdmin
      ? []
      : [
          {
            name: "without-admin",
            setup({ onLoad }) {
              onLoad({ filter: /src\/admin\/index\.ts$/ }, () => ({
                contents: 'import { Hono } from "hono"; export const createAdmin = () => new Hono();',
                resolveDir: `${root}src/admin`,
              }));
            },
          },
        ],
  });
  return outputFiles[0]?.contents.length ?? 0;
}

test("the admin adds at most 150 KB to the Worker", async () => {
  const [whole, without] = await Promise.all([workerBytes(true), workerBytes(false)]);
  expect(without).toBeGreaterThan(100_000);
  expect(whole - without).toBeGreaterThan(0);
  expect(whole - without).toBeLessThanOrEqual(MAX_ADMIN_BYTES);
});
