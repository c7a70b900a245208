import { builtinModules } from "node:module";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

const root = new URL("..", import.meta.url).pathname;
const MAX_ADMIN_BYTES = 75_000;

/**
 * Bytes of the Worker as Cloudflare counts them, in gzip and not minified: an app's errors are told by the lines of the
 * bundle. With or without what stands under `/admin`.
 */
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
  return gzipSync(outputFiles[0]?.contents ?? "").length;
}

test("the admin adds at most 75 KB to the Worker, in gzip", async () => {
  const [whole, without] = await Promise.all([workerBytes(true), workerBytes(false)]);
  expect(without).toBeGreaterThan(50_000);
  expect(whole - without).toBeGreaterThan(0);
  expect(whole - without).toBeLessThanOrEqual(MAX_ADMIN_BYTES);
});
