import { readFile } from "node:fs/promises";
import { dirname, extname, join, relative, sep } from "node:path";
import { build, type BuildFailure, type Message, type OnLoadResult, type Plugin, transform } from "esbuild";
import type { SourceLines } from "../apps/definition.ts";
import type { Place } from "./faults.ts";
import { hostLibrary } from "./libraries.ts";
import { HOST, MODULE, PACKAGES } from "./names.ts";
import { adaptSource } from "./source/adapt.ts";
import type { Findings } from "./source/findings.ts";
import { readSourceLines } from "./source-lines.ts";

export interface AppSources {
  /** Absolute; faults name files relative to it. */
  projectDirectory: string;
  /** Absolute. */
  directory: string;
  /** Relative to the folder. */
  entry: string;
}

/** An app's own code, and where its lines come from. */
export interface BundledApp {
  code: string;
  lines: SourceLines;
}

/** Suffixes that are read as TypeScript. */
const CODE = new Set([".js", ".ts", ".jsx", ".tsx", ".mjs", ".mts", ".cjs", ".cts"]);

/** Marks a resolution that our own plug-in asked for, so that it does not answer itself. */
const ASK_ESBUILD = { edgehog: "ask esbuild" };

/**
 * Bundles an app's own files into one expression statement that leaves the ES exports of the entry in `MODULE`. Host
 * libraries and npm packages stay outside, as calls to the factory. Faults go to the findings' report; the code is then
 * not complete.
 */
export async function bundleApp(app: AppSources, findings: Findings): Promise<BundledApp> {
  const origins = new Map<string, (place: Place) => Place>();
  try {
    const { outputFiles } = await build({
      entryPoints: [join(app.directory, app.entry)],
      absWorkingDir: app.projectDirectory,
      bundle: true,
      write: false,
      sourcemap: "inline",
      sourcesContent: false,
      format: "iife",
      globalName: MODULE,
      platform: "neutral",
      target: "es2024",
      charset: "utf8",
      legalComments: "none",
      logLevel: "silent",
      resolveExtensions: [".ts", ".tsx", ".js", ".jsx", ".mts", ".cts", ".mjs", ".cjs", ".json"],
      plugins: [sources(app, findings, origins)],
    });
    // Printed once more: bundlers drop the comments that esbuild adds, and only without them do later ones print the
    // same lines.
    const printed = await transform(outputFiles[0]?.text ?? "", {
      target: "es2024",
      charset: "utf8",
      sourcemap: "external",
      sourcesContent: false,
    });
    const code = printed.code.trimEnd();
    const originOf = (file: string, place: Place) => origins.get(file)?.(place) ?? place;
    return { code, lines: readSourceLines(code, printed.map, originOf) };
  } catch (failure) {
    if (!(failure instanceof Error) || !("errors" in failure)) throw failure;
    for (const error of (failure as BuildFailure).errors) reportError(error, findings, origins);
    return { code: "", lines: { count: 0, files: [], runs: [] } };
  }
}

function sources(app: AppSources, findings: Findings, origins: Map<string, (place: Place) => Place>): Plugin {
  const nameOf = (path: string) => relative(app.projectDirectory, path).split(sep).join("/");
  const entryPath = join(app.directory, app.entry);

  async function load(path: string): Promise<OnLoadResult> {
    const absolute = join(app.projectDirectory, path);
    const suffix = extname(path);
    const text = await readFile(absolute, "utf8");
    if (suffix === ".json") return { contents: text, loader: "json" };
    if (!CODE.has(suffix)) {
      findings.report.faults.push({
        app: findings.app,
        file: path,
        message: `Apps cannot import ${suffix || "this kind of"} files`,
        hint: "TypeScript, JavaScript and JSON can be imported",
      });
      return { contents: "module.exports = {}" };
    }
    const adapted = await adaptSource(text, { path, isEntry: absolute === entryPath }, findings);
    // CommonJS, so that what is imported from the faulty file does not count as missing.
    if (!adapted) return { contents: "module.exports = {}" };
    origins.set(path, adapted.originOf);
    // esbuild tolerates the re-export of a type only in files that it takes for TypeScript.
    return { contents: adapted.code, loader: /\.[cm]?tsx?$/.test(suffix) ? "ts" : "js" };
  }

  return {
    name: "app-sources",
    setup({ onResolve, onLoad, resolve }) {
      onResolve({ filter: /.*/ }, async ({ path, kind, importer, pluginData }) => {
        if (pluginData === ASK_ESBUILD) return undefined;
        if (kind === "entry-point") return { path: nameOf(path), namespace: "app" };

        const library = hostLibrary(path);
        if (library) {
          findings.libraries.add(library);
          return { path: library, namespace: "library" };
        }
        const importing = join(app.projectDirectory, importer);
        const found = await resolve(path, {
          kind,
          importer: importing,
          resolveDir: dirname(importing),
          pluginData: ASK_ESBUILD,
        });
        const isFound = found.errors.length === 0 && found.namespace === "file";
        const isPackage =
          !/^[./]/.test(path) && (!isFound || found.path.includes(`${sep}node_modules${sep}`));
        if (isPackage) {
          findings.packages.add(path);
          return { path, namespace: "package" };
        }
        if (isFound) return { path: nameOf(found.path), namespace: "app" };
        findings.report.faults.push({
          app: findings.app,
          file: importer,
          ...findings.imports.get(importer)?.get(path)?.(),
          message: `Cannot import '${path}': there is no such file`,
        });
        return { path, namespace: "missing" };
      });

      onLoad({ filter: /.*/, namespace: "app" }, ({ path }) => load(path));
      onLoad({ filter: /.*/, namespace: "library" }, ({ path }) => ({
        contents: `module.exports = ${HOST}.library(${JSON.stringify(path)});`,
      }));
      onLoad({ filter: /.*/, namespace: "package" }, ({ path }) => ({
        contents: `module.exports = ${PACKAGES}[${JSON.stringify(path)}]();`,
      }));
      onLoad({ filter: /.*/, namespace: "missing" }, () => ({ contents: "module.exports = {}" }));
    },
  };
}

function reportError(
  error: Message,
  findings: Findings,
  origins: Map<string, (place: Place) => Place>,
): void {
  const file = error.location?.file.replace(/^app:/, "") ?? "";
  const { line = 1, column = 0 } = error.location ?? {};
  const place = { line, column: column + 1 };
  findings.report.faults.push({
    app: findings.app,
    file,
    ...(origins.get(file)?.(place) ?? place),
    message: error.text.replaceAll("app:", ""),
  });
}
