import type { SourceLines } from "../apps/definition.ts";
import type { BundledApp } from "./bundle-app.ts";
import type { PackagesBundle } from "./bundle-packages.ts";
import {
  BEGIN,
  BUILTINS,
  END,
  HIDDEN_NAMES,
  HOST,
  MODULE,
  PACKAGES,
  SUPPLIED_NAMES,
  TOP_LEVEL,
} from "./names.ts";
import type { Findings } from "./source/findings.ts";

/**
 * Writes the module of one app: a function for its npm packages, which see the platform as it is, and `createApp`, in
 * whose closure the app's own code finds the world of an app (decisions 6). Nothing runs before `createApp` is called.
 */
export function emitApp(
  plugin: string,
  own: Pick<BundledApp, "code"> & Partial<BundledApp>,
  packages: PackagesBundle | undefined,
  findings: Findings,
): string {
  const lines = [
    `// Compiled from the app ${plugin}. Edits are overwritten.`,
    ...(findings.usesBuffer ? ['import { Buffer } from "node:buffer";'] : []),
    ...(packages ? emitPackages(packages) : []),
    "",
    `export function createApp(${HOST}) {`,
    `let { ${SUPPLIED_NAMES.join(", ")} } = ${HOST};`,
    "let globalThis = global;",
    `let ${HIDDEN_NAMES.join(", ")};`,
    "let exports = {};",
    "let module = { exports: {} };",
    ...emitImplicitGlobals(findings.implicitGlobals),
    `let ${TOP_LEVEL} = {};`,
    ...(packages ? [`const ${PACKAGES} = createPackages(${HOST});`] : []),
    ...(own.lines ? emitMarked(own.code, own.lines) : [own.code]),
    ...emitResult(findings.implicitGlobals),
    "}",
  ];
  return `${lines.join("\n")}\n`;
}

function emitPackages({ code, builtins }: PackagesBundle): string[] {
  return [
    ...builtins.map((builtin) => `import ${variable(builtin)} from ${JSON.stringify(builtin)};`),
    "",
    `function createPackages(${HOST}) {`,
    `const globalThis = ${HOST}.packageGlobal;`,
    "const self = globalThis;",
    `const ${BUILTINS} = { ${builtins.map((name) => `${JSON.stringify(name)}: ${variable(name)}`).join(", ")} };`,
    "const module = { exports: {} };",
    "const require = (name) => {",
    `if (Object.hasOwn(${BUILTINS}, name)) return ${BUILTINS}[name];`,
    "throw Object.assign(new Error(`Cannot find module '${name}'`), { code: \"MODULE_NOT_FOUND\" });",
    "};",
    code.trimEnd(),
    "return module.exports;",
    "}",
  ];
}

/**
 * The app's code between two marks, which the host gets before the code runs: with them it finds an author's line for a
 * place in the final bundle, wherever other bundlers have put it. Written as they write it, since lines are counted.
 */
function emitMarked(code: string, lines: SourceLines): string[] {
  const mark = (name: string) => [`function ${name}() {`, "  return new Error().stack;", "}"];
  return [
    `${HOST}.source?.({ begin: ${BEGIN}, end: ${END}, lines: () => (${JSON.stringify(lines)}) });`,
    ...mark(BEGIN),
    code,
    ...mark(END),
  ];
}

function variable(builtin: string): string {
  return `__edgehog_${builtin.replace(/\W/g, "_")}`;
}

/** A name that is also a built-in's starts as that: an app may replace `Promise` and use it before. */
function emitImplicitGlobals(names: ReadonlySet<string>): string[] {
  return [...names]
    .toSorted()
    .map((name) => (name in globalThis ? `let ${name} = globalThis.${name};` : `let ${name};`));
}

/** ES exports and assignments to `exports` are one object to the app's author, so they are merged where both occur. */
function emitResult(implicitGlobals: ReadonlySet<string>): string[] {
  const topLevel = [`...${TOP_LEVEL}`, ...[...implicitGlobals].toSorted()].join(", ");
  return [
    `if (Object.keys(${MODULE}).length > 0) {`,
    `exports = Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(Object(exports)), ...Object.getOwnPropertyDescriptors(${MODULE}) });`,
    "}",
    "return {",
    "exports,",
    "defaultExport: exports?.default,",
    "moduleExports: module.exports,",
    `topLevel: { ${topLevel} },`,
    "};",
  ];
}
