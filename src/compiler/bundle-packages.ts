import { isBuiltin } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  build,
  type BuildFailure,
  type OnResolveResult,
  type Plugin,
  transform,
  type TransformFailure,
} from "esbuild";
import type { AppSources } from "./bundle-app.ts";
import type { Fault } from "./faults.ts";
import { knownPackage, packageName, runtimesOf } from "./known-packages.ts";
import { HOST_LIBRARIES } from "./libraries.ts";
import { nativeCode } from "./native-code.ts";
import { confineExtensions } from "./confine.ts";
import { HOST } from "./names.ts";
import type { Findings } from "./source/findings.ts";

/** The npm packages of one app. */
export interface PackagesBundle {
  /** A CommonJS module whose exports map each specifier to a function that loads it. */
  code: string;
  /** Built-in modules that it requires, with the `node:` prefix. */
  builtins: readonly string[];
}

const GLOBALS_FILE = fileURLToPath(new URL("package-globals.ts", import.meta.url));

const ASK_ESBUILD = { edgehog: "ask esbuild" };

/**
 * Bundles the packages that an app imports, from its own `node_modules` or the project's. A package that is not there is
 * a fault at the place of its import.
 */
export async function bundlePackages(app: AppSources, findings: Findings): Promise<PackagesBundle> {
  try {
    const { outputFiles, metafile } = await build({
      entryPoints: ["packages"],
      inject: [GLOBALS_FILE],
      absWorkingDir: app.projectDirectory,
      nodePaths: [join(app.projectDirectory, "node_modules")],
      bundle: true,
      write: false,
      metafile: true,
      format: "cjs",
      platform: "neutral",
      // CommonJS first: an app that requires a package expects what it assigned to module.exports.
      mainFields: ["main", "module"],
      conditions: ["workerd", "worker", "node"],
      define: {
        global: "globalThis",
        // A polyfill that is of no use here must not fail at a built-in that is closed.
        "Object.defineProperty": `${HOST}.extensions.define`,
        "process.env.NODE_ENV": '"production"',
        __dirname: '"/"',
        __filename: '"/package.js"',
      },
      target: "es2024",
      charset: "utf8",
      legalComments: "none",
      logLevel: "silent",
      plugins: [packages(app, findings), nativeCode(app.projectDirectory, findings)],
    });
    for (const specifier of findings.packages) warnOfRuntimes(specifier, findings);
    const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
    const builtins = imports.flatMap(({ external, path }) => (external && isBuiltin(path) ? [path] : []));
    const code = outputFiles[0]?.text ?? "";
    const runs = await refuseSloppy(code, findings);
    return { code: runs ? confineExtensions(code) : code, builtins: [...new Set(builtins)].toSorted() };
  } catch (failure) {
    if (!(failure instanceof Error) || !("errors" in failure)) throw failure;
    for (const { text, location } of (failure as BuildFailure).errors) {
      findings.report.faults.push({
        app: findings.app,
        file: location?.file ?? "",
        ...(location ? { line: location.line, column: location.column + 1 } : {}),
        message: text,
      });
    }
    return { code: "", builtins: [] };
  }
}

function packages(app: AppSources, findings: Findings): Plugin {
  const specifiers = [...findings.packages].toSorted();
  return {
    name: "app-packages",
    setup({ onResolve, onLoad, resolve }) {
      onResolve({ filter: /.*/ }, async ({ path, kind, importer, namespace, pluginData }) => {
        if (pluginData === ASK_ESBUILD) return undefined;
        if (kind === "entry-point" && path === "packages") return { path, namespace: "packages" };
        if (namespace !== "packages") return platformModule(path);

        const asked = { importer, resolveDir: app.directory, pluginData: ASK_ESBUILD };
        const required = await resolve(path, { kind: "require-call", ...asked });
        if (required.errors.length === 0) return undefined;
        // A package that has only an ES module is bundled as that.
        const imported = await resolve(path, { kind: "import-statement", ...asked });
        if (imported.errors.length === 0) return { path: imported.path };
        reportMissing(path, findings);
        return { path, namespace: "missing" };
      });
      onLoad({ filter: /.*/, namespace: "packages" }, () => ({
        contents: `module.exports = {${specifiers.map((name) => `${JSON.stringify(name)}: () => require(${JSON.stringify(name)})`).join(", ")}};`,
        resolveDir: app.directory,
      }));
      onLoad({ filter: /.*/, namespace: "missing" }, () => ({ contents: "module.exports = {}" }));
    },
  };
}

/** What the platform provides; anything else is left to esbuild. */
function platformModule(path: string): OnResolveResult | undefined {
  if (isBuiltin(path)) {
    return { path: path.startsWith("node:") ? path : `node:${path}`, external: true, sideEffects: false };
  }
  return path.startsWith("cloudflare:") ? { path, external: true } : undefined;
}

/** The registry is an ES module, so packages run in strict mode; one that does not even parse there is a fault, and the answer false. */
async function refuseSloppy(code: string, { app, report }: Findings): Promise<boolean> {
  try {
    await transform(code, { format: "esm", logLevel: "silent" });
    return true;
  } catch (failure) {
    if (!(failure instanceof Error) || !("errors" in failure)) throw failure;
    for (const { text, location } of (failure as TransformFailure).errors) {
      // esbuild writes each file's name above its code.
      const above = code.split("\n", location?.line).findLast((line) => line.startsWith("// "));
      report.faults.push({ app, file: above?.slice("// ".length) ?? "", message: text });
    }
    return false;
  }
}

function reportMissing(specifier: string, findings: Findings): void {
  const known = knownPackage(specifier);
  const hint = isBuiltin(specifier)
    ? `of Node's own modules, apps have ${Object.keys(HOST_LIBRARIES)
        .filter((name) => isBuiltin(name))
        .join(", ")}`
    : `run npm install ${known?.install ?? packageName(specifier)}, or remove the import`;
  const message = `Cannot import '${specifier}': the gateway does not supply it, and it is not installed`;
  const missing = isBuiltin(specifier) ? {} : { missingPackage: packageName(specifier) };
  findings.report.faults.push(...atImports(specifier, findings, { message, hint, ...missing }));
}

/** Says where a package is known not to work, before it is deployed there. */
function warnOfRuntimes(specifier: string, findings: Findings): void {
  const known = knownPackage(specifier);
  if (!known || (known.node && known.deno && known.workers)) return;
  const message = `'${packageName(specifier)}' runs on ${runtimesOf(known).join(" and ")} only`;
  const hint = known.note ? { hint: known.note } : {};
  findings.report.warnings.push(...atImports(specifier, findings, { message, ...hint }));
}

/** The same fault at each place where an app imports a specifier, one per file. */
function atImports(
  specifier: string,
  { app, imports }: Findings,
  fault: Omit<Fault, "app" | "file">,
): Fault[] {
  return [...imports].flatMap(([file, sites]) => {
    const place = sites.get(specifier)?.();
    return place ? [{ app, file, ...place, ...fault }] : [];
  });
}
