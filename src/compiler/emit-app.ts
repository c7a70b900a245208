import { parse } from "acorn";
import type { SourceLines } from "../apps/definition.ts";
import type { BundledApp } from "./bundle-app.ts";
import type { PackagesBundle } from "./bundle-packages.ts";
import {
  BEGIN,
  BUILTINS,
  END,
  FACTORY_NAMES,
  FRAME_NAMES,
  HIDDEN_NAMES,
  HOST,
  MODULE,
  PACKAGES,
  SUPPLIED_NAMES,
  TOP_LEVEL,
  VALUE,
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
  const assigned = [...findings.implicitGlobals].filter(isBindable).toSorted();
  const undeclared = assigned.filter((name) => !FACTORY_NAMES.has(name));
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
    ...undeclared.map(emitImplicitGlobal),
    ...emitAccessors(assigned.filter((name) => !FRAME_NAMES.has(name))),
    `let ${TOP_LEVEL} = {};`,
    ...(packages ? [`const ${PACKAGES} = createPackages(${HOST});`] : []),
    ...(own.lines ? emitMarked(own.code, own.lines) : [own.code]),
    ...emitResult(undeclared),
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
    "const { fetch } = globalThis;",
    `const ${BUILTINS} = ${HOST}.builtins({ ${builtins.map((name) => `${JSON.stringify(name)}: ${variable(name)}`).join(", ")} });`,
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

/** `global.default = …` is fine, but no variable can have that name. */
function isBindable(name: string): boolean {
  try {
    parse(`let ${name}`, { ecmaVersion: "latest", sourceType: "module" });
    return true;
  } catch {
    // A reserved word, which cannot be a variable in the app's code either.
    return false;
  }
}

/** A variable named like a built-in starts out as that: an app may use `Promise` before it replaces it. */
function emitImplicitGlobal(name: string): string {
  return name in globalThis ? `let ${name} = globalThis.${name};` : `let ${name};`;
}

/** A global variable and the property of the global object are one thing to the app's author. */
function emitAccessors(names: readonly string[]): string[] {
  return names.map(
    (name) =>
      `Object.defineProperty(global, "${name}", { configurable: true, enumerable: true, get: () => ${name}, set: (${VALUE}) => { ${name} = ${VALUE}; } });`,
  );
}

/** ES exports and assignments to `exports` are one object to the app's author, so they are merged where both occur. */
function emitResult(implicitGlobals: readonly string[]): string[] {
  const topLevel = [`...${TOP_LEVEL}`, ...implicitGlobals].join(", ");
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
