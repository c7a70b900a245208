import { readFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { build, type Plugin } from "esbuild";
import { beforeAll, expect, test } from "vitest";
import { writeAdminAssets } from "../src/compiler/admin-assets.ts";
import { writeAdminModule } from "../src/compiler/admin-module.ts";

const root = new URL("..", import.meta.url).pathname;
const generated = `${root}src/generated`;
const MAX_ADMIN_BYTES = 150_000;

/** Keeps what the admin needs of the Worker out of it too. */
const withoutAdmin: Plugin = {
  name: "without-admin",
  setup({ onLoad }) {
    onLoad({ filter: /generated\/admin\/index\.js$/ }, () => ({
      contents: 'import { Hono } from "hono"; export const createAdmin = () => new Hono();',
      resolveDir: generated,
    }));
  },
};

/** Bytes of the Worker's main module, bundled as wrangler does. */
async function mainBytes(plugins: Plugin[]): Promise<number> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["src/worker.ts"],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: [...builtinModules, "node:*", "cloudflare:*", "./admin.js"],
    logLevel: "silent",
    plugins,
  });
  return outputFiles[0]?.contents.length ?? 0;
}

beforeAll(async () => {
  await writeAdminAssets(generated);
  await writeAdminModule(generated);
});

test("the admin adds at most 150 KB to the Worker that is uploaded", async () => {
  const [whole, without] = await Promise.all([mainBytes([]), mainBytes([withoutAdmin])]);
  const apart = await readFile(`${generated}/admin/admin.js`);
  expect(without).toBeGreaterThan(500_000);
  expect(whole).toBeGreaterThan(without);
  expect(whole - without + apart.length).toBeLessThanOrEqual(MAX_ADMIN_BYTES);
});
