import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";
import { openApiDocument } from "../admin/openapi/index.ts";
import { HEADER, writeChanged } from "./output.ts";

const source = (file: string) => fileURLToPath(new URL(`../admin/${file}`, import.meta.url));

/**
 * Writes the module `#admin-assets`: the script and the style of the admin's pages and the description of its API, packed:
 * Brotli in base64, which is a third of what they are as text. The files' names change with their content, so that browsers
 * may keep them for good.
 */
export async function writeAdminAssets(outDirectory: string): Promise<void> {
  const [script, style] = await Promise.all([
    bundle(source("client/main.ts")),
    bundle(source("look/style.css")),
  ]);
  const exports = {
    script: pack(script),
    scriptFile: `admin.${hash(script)}.js`,
    style: pack(style),
    styleFile: `admin.${hash(style)}.css`,
    openApi: pack(JSON.stringify(openApiDocument())),
  };
  const names = Object.keys(exports) as (keyof typeof exports)[];
  await writeChanged(outDirectory, {
    "admin-assets.js": [
      HEADER,
      ...names.map((name) => `export const ${name} = ${JSON.stringify(exports[name])};`),
      "",
    ].join("\n"),
    "admin-assets.d.ts": [HEADER, ...names.map((name) => `export declare const ${name}: string;`), ""].join(
      "\n",
    ),
  });
}

async function bundle(file: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

function pack(text: string): string {
  return brotliCompressSync(text).toString("base64");
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
