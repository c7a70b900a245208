import type { AnyNode } from "acorn";
import { HOST } from "../names.ts";
import type { Adapter } from "./adapt.ts";
import type { ParsedFile } from "./parse.ts";
import { walk } from "./walk.ts";

/**
 * Counts the calls of an app's own `then` methods: one that resolves with itself is called for ever within one turn
 * of the event loop, where no timer fires. The host decides when it has been too much, and throws.
 */
export const guardThenables: Adapter = (file) => {
  walk(file.program, (node) => {
    const method = thenMethod(node, file);
    if (!method) return;
    const { line, column } = file.placeOf(method);
    const check = `${HOST}.thenable(${line}, ${column})`;
    if (method.body.type === "BlockStatement") {
      file.edit.appendLeft(method.body.start + 1, ` ${check};`);
    } else {
      file.edit.appendLeft(method.body.start, `(${check}, `);
      file.edit.prependRight(method.body.end, ")");
    }
  });
};

/** A function that stands where `then` is defined. */
function thenMethod(node: AnyNode, file: ParsedFile): (AnyNode & { body: AnyNode }) | undefined {
  if (!/^(?:FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) return undefined;
  const parent = file.parentOf(node);
  const isThen =
    ((parent?.type === "Property" || parent?.type === "MethodDefinition") && isNamedThen(parent.key)) ||
    (parent?.type === "AssignmentExpression" &&
      parent.left.type === "MemberExpression" &&
      isNamedThen(parent.left.property));
  return isThen ? (node as AnyNode & { body: AnyNode }) : undefined;
}

function isNamedThen(key: AnyNode): boolean {
  return key.type === "Identifier" ? key.name === "then" : key.type === "Literal" && key.value === "then";
}
