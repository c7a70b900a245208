import type { AnyNode } from "acorn";
import type { Adapter } from "./adapt.ts";
import { walk } from "./walk.ts";

const NO_STRINGS = "Workers do not evaluate text as code; write the code out";

/**
 * Names what cannot run on Workers with its place (decisions 4): `eval`, `new Function`, `arguments.callee`, top-level
 * `await`. `with` and other leftovers of sloppy mode do not even parse.
 */
export const refuseUnsupported: Adapter = (file, { app, report }) => {
  const refuse = (node: AnyNode, message: string, hint: string) =>
    report.faults.push({ app, file: file.path, ...file.placeOf(node), message, hint });

  for (const { node } of file.free) {
    const parent = file.parentOf(node);
    const isTypeof = parent?.type === "UnaryExpression" && parent.operator === "typeof";
    if (node.name === "eval" && !isTypeof) refuse(node, "Apps cannot use eval", NO_STRINGS);
    if (node.name !== "Function" || !isCallOf(node, parent)) continue;
    // The old way to reach the global object, in code that was bundled for every platform.
    if (isReturnThis(parent)) file.edit.overwrite(parent.start, parent.end, "(() => globalThis)");
    else refuse(parent, "Apps cannot use new Function", NO_STRINGS);
  }

  walk(file.program, (node) => {
    if (isArgumentsCallee(node)) {
      refuse(node, "Apps cannot use arguments.callee", "give the function a name and call it by that");
    }
    const awaits =
      node.type === "AwaitExpression" || (node.type === "ForOfStatement" && node.await)
        ? functionAround(node, file.parentOf) === undefined
        : false;
    if (awaits) refuse(node, "Apps cannot await at the top level", "await in setupPlugin");
  });
};

function isCallOf(node: AnyNode, parent: AnyNode | undefined): parent is AnyNode & { arguments: AnyNode[] } {
  return (parent?.type === "CallExpression" || parent?.type === "NewExpression") && parent.callee === node;
}

function isReturnThis(call: { arguments: AnyNode[] }): boolean {
  const [only, more] = call.arguments;
  return !more && only?.type === "Literal" && /^return this;?$/.test(String(only.value));
}

function isArgumentsCallee(node: AnyNode): boolean {
  return (
    node.type === "MemberExpression" &&
    node.object.type === "Identifier" &&
    node.object.name === "arguments" &&
    node.property.type === "Identifier" &&
    node.property.name === "callee"
  );
}

function functionAround(
  node: AnyNode,
  parentOf: (node: AnyNode) => AnyNode | undefined,
): AnyNode | undefined {
  let around = parentOf(node);
  while (around && !/Function|StaticBlock/.test(around.type)) around = parentOf(around);
  return around;
}
