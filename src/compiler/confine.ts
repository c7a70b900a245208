import type { AnyNode, AssignmentExpression, CallExpression, MemberExpression } from "acorn";
import { HOST } from "./names.ts";
import { type ParsedFile, parseSource } from "./source/parse.ts";
import { walk } from "./source/walk.ts";

const EXTENSIONS = `${HOST}.extensions`;

/** Language classes and namespaces that code extends for its own use. */
const BUILT_INS =
  /^(?:Object|Function|Array|String|Number|Boolean|Symbol|BigInt|Date|Promise|RegExp|Map|Set|WeakMap|WeakSet|WeakRef|\w*Error|ArrayBuffer|\w+Array|Math|JSON|Reflect|Intl|URL|URLSearchParams|Headers|Request|Response|Buffer|Iterator)$/;

/**
 * Functions that write properties to their first argument, each with the name of what does so for one instance alone.
 */
const WRITERS: Readonly<Record<string, string>> = {
  "Object.defineProperty": "define",
  "Reflect.defineProperty": "define",
  "Object.defineProperties": "defineAll",
  "Object.assign": "assign",
};

/** A cheap test for whether there is anything to do; most apps change no built-in. */
const SUSPICION = new RegExp(
  String.raw`\b(?:prototype|[A-Z]\w+)(?:\.\w+|\[[^\]]+\])\s*(?:=[^=]|\|\|=|\?\?=|&&=)|(?:define\w*|assign)\(\s*[A-Z]\w+\s*(?:\.prototype)?\s*,`,
);

/**
 * Makes what bundled code changes of the built-ins its own: `String.prototype.shout = …` and the like go to the
 * instance, and so does every read of a name that is changed anywhere in the bundle. The built-ins themselves are closed
 * at run time, and other ways to change them fail there. Returns the code as it is when it changes none.
 */
export function confineExtensions(code: string): string {
  if (!SUSPICION.test(code)) return code;
  const file = parseSource({
    path: "bundle",
    isEntry: false,
    code,
    originOf: (place) => place,
    madeAsync: [],
  });
  const free = new Set<AnyNode>(file.free.map(({ node }) => node));
  const isOfBuiltIn = (node: AnyNode): boolean =>
    node.type === "Identifier"
      ? free.has(node) && BUILT_INS.test(node.name)
      : node.type === "MemberExpression" && staticName(node) === "prototype" && isOfBuiltIn(node.object);

  const names = new Set<string>();
  const written = new Set<AnyNode>();
  walk(file.program, (node) => {
    if (node.type === "AssignmentExpression" && node.left.type === "MemberExpression") {
      if (!isOfBuiltIn(node.left.object) || node.operator.length > 3) return;
      if (!["=", "||=", "&&=", "??="].includes(node.operator)) return;
      note(names, staticName(node.left));
      written.add(node.left);
      confineAssignment(file, node, node.left);
    }
    if (node.type === "CallExpression") confineCall(file, node, isOfBuiltIn, names);
  });
  if (names.size > 0) {
    walk(file.program, (node) => {
      if (node.type !== "MemberExpression" || written.has(node)) return;
      const name = staticName(node);
      if (name !== undefined && names.has(name)) confineRead(file, node, name);
    });
  }
  return file.edit.toString();
}

/** `String.prototype.shout = f` becomes `extensions.set(String.prototype, "shout", f)`. */
function confineAssignment(file: ParsedFile, node: AssignmentExpression, left: MemberExpression): void {
  const { edit } = file;
  const name = left.computed
    ? edit.original.slice(left.property.start, left.property.end)
    : JSON.stringify(staticName(left));
  const owner = edit.original.slice(left.object.start, left.object.end);
  const condition =
    node.operator === "=" ? "" : `${EXTENSIONS}.get(${owner}, ${name}) ${node.operator.slice(0, -1)} `;
  edit.overwrite(left.start, node.right.start, `(${condition}${EXTENSIONS}.set(${owner}, ${name}, `);
  edit.appendRight(node.right.end, "))");
}

function confineCall(
  file: ParsedFile,
  node: CallExpression,
  isOfBuiltIn: (node: AnyNode) => boolean,
  names: Set<string>,
): void {
  const [owner, second] = node.arguments;
  if (node.callee.type !== "MemberExpression" || node.callee.object.type !== "Identifier") return;
  const writer = WRITERS[`${node.callee.object.name}.${staticName(node.callee)}`];
  if (!writer || !owner || !second || !isOfBuiltIn(owner)) return;
  if (second.type === "Literal") note(names, String(second.value));
  if (second.type === "ObjectExpression") {
    for (const property of second.properties) {
      if (property.type === "Property" && !property.computed) note(names, keyOf(property.key));
    }
  }
  file.edit.overwrite(node.callee.start, node.callee.end, `${EXTENSIONS}.${writer}`);
}

/** `a.shout` becomes `extensions.get(a, "shout")`; called, it is bound to `a`. */
function confineRead(file: ParsedFile, node: MemberExpression, name: string): void {
  const parent = file.parentOf(node);
  const isTarget =
    (parent?.type === "AssignmentExpression" && parent.left === node) ||
    parent?.type === "UpdateExpression" ||
    (parent?.type === "UnaryExpression" && parent.operator === "delete") ||
    /Pattern$|^For(In|Of)Statement$/.test(parent?.type ?? "");
  if (isTarget || node.object.type === "Super") return;
  const isCalled = parent?.type === "CallExpression" && parent.callee === node;
  const mayBeMissing = node.optional || isBehindOptional(node.object);
  const { edit } = file;
  edit.appendLeft(
    node.start,
    `${EXTENSIONS}.${isCalled ? "method" : "get"}${mayBeMissing ? "Optional" : ""}(`,
  );
  const dot = edit.original.lastIndexOf(
    node.optional ? "?." : node.computed ? "[" : ".",
    node.property.start,
  );
  edit.overwrite(dot, node.end, `, ${JSON.stringify(name)})`);
  // After a `?.` the rest of a chain is not evaluated when there is nothing to read from.
  const goesOn = isCalled || (parent?.type === "MemberExpression" && parent.object === node);
  if (!mayBeMissing || !goesOn || parent.optional) return;
  edit.appendRight(node.end, parent.type === "MemberExpression" && !parent.computed ? "?" : "?.");
}

/** Whether a chain such as `a?.b.c()` may have ended before this part of it. */
function isBehindOptional(node: AnyNode): boolean {
  if (node.type === "MemberExpression") return node.optional || isBehindOptional(node.object);
  if (node.type === "CallExpression") return node.optional || isBehindOptional(node.callee);
  return false;
}

/** The property's name, if the code says it. */
function staticName({ computed, property }: MemberExpression): string | undefined {
  return !computed || property.type === "Literal" ? keyOf(property) : undefined;
}

function keyOf(node: AnyNode): string | undefined {
  if (node.type === "Identifier") return node.name;
  return node.type === "Literal" && typeof node.value === "string" ? node.value : undefined;
}

function note(names: Set<string>, name: string | undefined): void {
  if (name !== undefined) names.add(name);
}
