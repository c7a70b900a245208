import { type AnyNode, type ImportDeclaration, parse, type Program } from "acorn";
import MagicString from "magic-string";
import { walk } from "./source/walk.ts";

/**
 * Splits a module as esbuild bundles it, with exports at its end. The taker exports one function, `load`, which has all of
 * the module in it and asks for what the module imported; the giver imports that, hands it over once, and exports what the
 * module exported. So the taker can be loaded from a file apart. What it takes are values: of a variable that its module
 * changes later, the one that it has when the giver loads. Of a namespace it gets the members that it names.
 * A source map in the code stays true.
 */
export function splitModule(code: string, takerFile: string): { taker: string; giver: string } {
  const program = parse(code, { ecmaVersion: "latest", sourceType: "module" });
  const imports = readImports(program);
  return { taker: asFunction(code, program, imports), giver: handOver(program, imports, takerFile) };
}

/** What a module imports. */
interface Import {
  from: string;
  /** Null for the whole namespace. */
  name: string | null;
  /** What it is called in the bundle: by another name in each file that imports it. */
  locals: [string, ...string[]];
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
  for (const node of program.body) {
    if (node.type === "ExportNamedDeclaration") edit.remove(node.start, node.end);
  }
  useFirstNames(edit, program, imports);
  const exported = exportsOf(program).map(({ name, local }) => `${name}: ${local}`);
  const parameters = imports.map(({ locals: [first] }) => first);
  // On the first line and after the last, so that the bundle's map stays true.
  edit.prepend(`export const load = ({ ${parameters.join(", ")} }) => {`);
  const map = code.lastIndexOf("//# sourceMappingURL");
  edit.appendLeft(map < 0 ? code.length : map, `return { ${exported.join(", ")} }; };\n`);
  return edit.toString();
}

/**
 * Calls an import by its first name wherever a file has it by another. esbuild gives no two things in a bundle one name where
 * both could be meant, so that nothing inside a function is called so.
 */
function useFirstNames(edit: MagicString, program: Program, imports: readonly Import[]): void {
  const firstNames = new Map(
    imports.flatMap(({ locals: [first, ...others] }) => others.map((other) => [other, first] as const)),
  );
  walk(program, (node, parent) => {
    if (node.type !== "Identifier" || parent?.type.startsWith("Import")) return;
    const first = firstNames.get(node.name);
    if (first === undefined || isProperty(node, parent)) return;
    const isShorthand = parent?.type === "Property" && parent.shorthand;
    edit.update(node.start, node.end, isShorthand ? `${node.name}: ${first}` : first);
  });
}

/** Whether it names a property and not a variable. */
function isProperty(node: AnyNode, parent: AnyNode | undefined): boolean {
  switch (parent?.type) {
    case "MemberExpression":
      return parent.property === node && !parent.computed;
    case "Property":
    case "MethodDefinition":
    case "PropertyDefinition":
      return parent.key === node && !parent.computed;
    default:
      return false;
  }
}

function handOver(program: Program, imports: readonly Import[], takerFile: string): string {
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
    `import { load } from ${JSON.stringify(takerFile)};`,
    ...lines,
    `export const { ${exportsOf(program)
      .map(({ name }) => name)
      .join(", ")} } = load({ ${handed.join(", ")} });`,
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

/** esbuild writes all exports at the end, by `export { local as name }`. */
function exportsOf(program: Program): { name: string; local: string }[] {
  return program.body.flatMap((node) =>
    node.type === "ExportNamedDeclaration"
      ? node.specifiers.map(({ local, exported }) => ({ name: nameOf(exported), local: nameOf(local) }))
      : [],
  );
}

function importsOf(program: Program): ImportDeclaration[] {
  return program.body.filter((node) => node.type === "ImportDeclaration");
}

function nameOf(node: { type: string; name?: string; value?: unknown }): string {
  return node.name ?? String(node.value);
}
