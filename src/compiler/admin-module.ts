import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin, transform } from "esbuild";
import { splitModule } from "./hand-over.ts";
import { HOST_LIBRARIES } from "./libraries.ts";
import { HEADER, writeChanged } from "./output.ts";

const SOURCE = fileURLToPath(new URL("..", import.meta.url));

/**
 * Writes `#admin` for Workers into `admin/`. wrangler does not minify, because an app's errors are told by the lines of the
 * Worker. So the admin goes along as a module apart, `admin.js`, which is minified here and uploaded as it is. It imports
 * nothing: `index.js`, which is bundled, hands it what it needs of the Worker, so that no code and no state is there twice.
 * `admin.js.map` leads from its lines to the source. Takes about a second; rejects with esbuild's words. `#admin-assets`
 * has to be there.
 */
export async function writeAdminModule(outDirectory: string): Promise<void> {
  const directory = resolve(outDirectory, "admin");
  const bundle = await bundleAdmin(directory, await listOthers());
  const { taker, giver } = splitModule(bundle, "./admin.js");
  const { code, map } = await transform(taker, {
    minify: true,
    target: "es2024",
    charset: "utf8",
    legalComments: "none",
    // Goes on to the source, by the map that stands in the bundle.
    sourcemap: "external",
    sourcefile: "admin.js",
    sourcesContent: false,
  });
  await writeChanged(directory, {
    "index.js": `${HEADER}\n${giver}`,
    "admin.js": `${code}//# sourceMappingURL=admin.js.map\n`,
    "admin.js.map": map,
  });
}

/** The files of the gateway that a Worker has without the admin too, whatever its apps import. */
async function listOthers(): Promise<ReadonlySet<string>> {
  const libraries = Object.values(HOST_LIBRARIES).flatMap((supply) =>
    supply.from === "gateway" ? [join(SOURCE, "apps/libraries", supply.file)] : [],
  );
  const { metafile } = await build({
    absWorkingDir: SOURCE,
    entryPoints: [join(SOURCE, "worker.ts"), ...libraries],
    outdir: SOURCE,
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    packages: "external",
    external: ["#admin", "#registry", "#geoip"],
    logLevel: "silent",
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  return new Set(
    inputs.flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [join(SOURCE, file)] : [])),
  );
}

/** The admin and what only it needs as one module, which imports all else by paths from the directory. */
async function bundleAdmin(directory: string, others: ReadonlySet<string>): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(SOURCE, "admin/index.ts")],
    outfile: join(directory, "admin.js"),
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    jsx: "transform",
    jsxFactory: "createElement",
    jsxFragment: "Fragment",
    inject: [join(SOURCE, "admin/look/jsx-runtime.ts")],
    charset: "utf8",
    sourcemap: "inline",
    sourcesContent: false,
    logLevel: "silent",
    plugins: [leaveOut(directory, others)],
  });
  return outputFiles[0]?.text ?? "";
}

const RESOLVED = { edgehog: "resolved" };

/** Leaves packages and those files as imports. */
function leaveOut(directory: string, others: ReadonlySet<string>): Plugin {
  return {
    name: "leave-out",
    setup({ onResolve, resolve: find }) {
      onResolve({ filter: /^#admin-assets$/ }, () => ({ path: join(directory, "../admin-assets.js") }));
      onResolve({ filter: /.*/ }, async ({ path, pluginData, ...from }) => {
        if (pluginData === RESOLVED || from.kind === "entry-point") return undefined;
        if (!/^[.#]/.test(path)) return { path, external: true };
        const found = await find(path, { ...from, pluginData: RESOLVED });
        if (!others.has(found.path)) return found;
        return { path: `./${relative(directory, found.path)}`, external: true };
      });
    },
  };
}
