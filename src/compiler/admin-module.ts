import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type ImportDeclaration, parse, type Program } from "acorn";
import { build, type Plugin, transform } from "esbuild";
import MagicString from "magic-string";
import { HOST_LIBRARIES } from "./libraries.ts";
import { HEADER, writeChanged } from "./output.ts";
import { walk } from "./source/walk.ts";

const SOURCE = fileURLToPath(new URL("..", import.meta.url));

/** What the admin imports from the rest of the Worker. */
interface Import {
  from: string;
  /** Null for the whole namespace. */
  name: string | null;
  /** What it is called in the bundle: by another name in each file that imports it. */
  locals: [string, ...string[]];
}

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
  const program = parse(bundle, { ecmaVersion: "latest", sourceType: "module" });
  const imports = readImports(program);
  const { code, map } = await transform(asFunction(bundle, program, imports), {
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
    "index.js": handOver(program, imports),
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

function readImports(program: Program): Import[] {
  const imports = new Map<string, Import>();
  for (const { source, specifiers } of importsOf(program)) {
    for (const specifier of specifiers) {
      const from = String(source.value);
      const name = importedName(specifier);
      const known = imports.get(`${from} ${name}`);
      if (known) known.locals.push(specifier.local.name);
      else imports.set(`${from} ${name}`, { from, name, locals: [specifier.local.name] });
    }
  }
  return [...imports.values()];
}

function importedName(specifier: ImportDeclaration["specifiers"][number]): string | null {
  switch (specifier.type) {
    case "ImportNamespaceSpecifier":
      return null;
    case "ImportDefaultSpecifier":
      return "default";
    case "ImportSpecifier":
      return nameOf(specifier.imported);
  }
}

/** `({ imported names }) => { the module; return { its exports }; }`, exported. */
function asFunction(code: string, program: Program, imports: readonly Import[]): string {
  const edit = new MagicString(code);
  for (const { start, end } of importsOf(program)) edit.remove(start, end);
  const exported: string[] = [];
  for (const node of program.body) {
    if (node.type !== "ExportNamedDeclaration") continue;
    exported.push(...node.specifiers.map(({ local, exported: name }) => `${nameOf(name)}: ${nameOf(local)}`));
    edit.remove(node.start, node.end);
  }
  const parameters = imports.flatMap(({ locals: [first, ...others] }) => [
    first,
    ...others.map((other) => `${first}: ${other}`),
  ]);
  // On the first line and after the last, so that the bundle's map stays true.
  edit.prepend(`export const load = ({ ${parameters.join(", ")} }) => {`);
  const map = code.lastIndexOf("//# sourceMappingURL");
  edit.appendLeft(map < 0 ? code.length : map, `return { ${exported.join(", ")} }; };\n`);
  return edit.toString();
}

/** The module that a Worker imports as `#admin`. */
function handOver(program: Program, imports: readonly Import[]): string {
  const lines = imports.map(({ from, name, locals: [local] }) => {
    const what = name === null ? `* as ${local}` : `{ ${name} as ${local} }`;
    return `import ${what} from ${JSON.stringify(from)};`;
  });
  const handed = imports.map(({ name, locals }) => {
    if (name !== null) return locals[0];
    // Of a namespace what is used, or all of it would be in the Worker.
    const members = membersOf(program, locals).map((member) => `${member}: ${locals[0]}.${member}`);
    return `${locals[0]}: { ${members.join(", ")} }`;
  });
  return [
    HEADER,
    'import { load } from "./admin.js";',
    ...lines,
    `export const { createAdmin } = load({ ${handed.join(", ")} });`,
    "",
  ].join("\n");
}

function membersOf(program: Program, locals: readonly string[]): string[] {
  const members = new Set<string>();
  walk(program, (node) => {
    if (node.type !== "MemberExpression" || node.object.type !== "Identifier") return;
    if (!locals.includes(node.object.name)) return;
    if (node.property.type === "Identifier" && !node.computed) members.add(node.property.name);
  });
  return [...members].toSorted();
}

function importsOf(program: Program): ImportDeclaration[] {
  return program.body.filter((node) => node.type === "ImportDeclaration");
}

function nameOf(node: { type: string; name?: string; value?: unknown }): string {
  return node.name ?? String(node.value);
}
