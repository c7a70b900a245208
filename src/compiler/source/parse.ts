import { type AnyNode, type Identifier, parse, type Program } from "acorn";
import { analyze, type Scope, type Variable } from "eslint-scope";
import MagicString from "magic-string";
import type { Place } from "../faults.ts";
import { placeAt } from "./text.ts";
import { SourceError, type TransformedFile } from "./transform.ts";
import { walk } from "./walk.ts";

/** A file of an app, understood: what the source adapters read and write. */
export interface ParsedFile {
  /** Relative to the project, with forward slashes. */
  path: string;
  isEntry: boolean;
  program: Program;
  /** Edits of the code; adapters must not touch the same range twice. */
  edit: MagicString;
  /** Identifiers that nothing in the file declares. */
  free: readonly FreeReference[];
  /** Where names are assigned that are declared as constants, or imported. */
  constantWrites: readonly Identifier[];
  /** What the file declares at its top level. */
  topLevel: readonly TopLevelBinding[];
  parentOf(node: AnyNode): AnyNode | undefined;
  /** Where the author wrote a node. */
  placeOf(node: { start: number }): Place;
}

export interface FreeReference {
  node: Identifier;
  isWrite: boolean;
}

export interface TopLevelBinding {
  name: string;
  /** A `function` or `var`: in a script, these become properties of the global object. */
  isGlobal: boolean;
  /** Uses and assignments anywhere in the file, shadowing respected. */
  references: ReadonlySet<AnyNode>;
}

/**
 * Parses what `transformSource` made. Strict mode, because that is where the code will run: what sloppy mode alone
 * allows is refused here, with its place, and not by the platform at start. Throws `SourceError`.
 */
export function parseSource(
  file: { path: string; isEntry: boolean } & Omit<TransformedFile, "map">,
): ParsedFile {
  const { code, path, isEntry } = file;
  const program = parseModule(file);
  const parents = new Map<AnyNode, AnyNode>();
  walk(program, (node, parent) => {
    if (parent) parents.set(node, parent);
  });
  const scopes = analyze(program as never, { ecmaVersion: 2022, sourceType: "module", ignoreEval: true });
  const moduleScope = scopes.scopes.find(({ type }) => type === "module");
  return {
    path,
    isEntry,
    program,
    edit: new MagicString(code),
    free: freeReferences(scopes.globalScope),
    constantWrites: scopes.scopes.flatMap(({ variables }) => variables.filter(isConstant).flatMap(writesTo)),
    topLevel: (moduleScope?.variables ?? []).map(topLevelBinding),
    parentOf: (node) => parents.get(node),
    placeOf: ({ start }) => file.originOf(placeAt(code, start)),
  };
}

function parseModule({ code, originOf }: Pick<TransformedFile, "code" | "originOf">): Program {
  try {
    return parse(code, {
      ecmaVersion: "latest",
      sourceType: "module",
      // What CommonJS allows and esbuild wraps.
      allowReturnOutsideFunction: true,
      ranges: true,
    });
  } catch (error) {
    if (!(error instanceof SyntaxError) || !("pos" in error)) throw error;
    const message = error.message.replace(/ \(\d+:\d+\)$/, "");
    throw new SourceError(message, originOf(placeAt(code, error.pos as number)));
  }
}

function freeReferences(scope: Scope | null): FreeReference[] {
  return (scope?.through ?? []).map((reference) => ({
    // The scope analysis hands back the parser's own nodes under another package's types.
    node: reference.identifier as unknown as Identifier,
    isWrite: reference.isWrite(),
  }));
}

function isConstant({ defs }: Variable): boolean {
  return defs.some(
    ({ type, parent }) =>
      type === "ImportBinding" ||
      (type === "Variable" && parent?.type === "VariableDeclaration" && parent.kind === "const"),
  );
}

function writesTo({ references }: Variable): Identifier[] {
  return references
    .filter((reference) => reference.isWrite() && !reference.init)
    .map(({ identifier }) => identifier as unknown as Identifier);
}

function topLevelBinding({ name, defs, references }: Variable): TopLevelBinding {
  return {
    name,
    isGlobal: defs.some(
      ({ type, parent }) =>
        type === "FunctionName" ||
        (type === "Variable" && parent?.type === "VariableDeclaration" && parent.kind === "var"),
    ),
    references: new Set(references.map(({ identifier }) => identifier as unknown as AnyNode)),
  };
}
