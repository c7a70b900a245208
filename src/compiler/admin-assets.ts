import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { writeChanged } from "./output.ts";

const HEADER = "// Written by src/compiler. Edits are overwritten.";
const source = (file: string) => fileURLToPath(new URL(`../admin/${file}`, import.meta.url));

/**
 * Writes the module `#admin-assets`: the script and the style of the admin's pages as text, and names for them that change
 * with their content, so that browsers may keep them for good.
 */
export async function writeAdminAssets(outDirectory: string): Promise<void> {
  const [script, style] = await Promise.all([
    bundle(source("client/main.ts")),
    bundle(source("look/style.css")),
  ]);
  const exports = {
    script,
    scriptFile: `admin.${hash(script)}.js`,
    style,
    styleFile: `admin.${hash(style)}.css`,
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

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
