import type { AnyNode } from "acorn";
import type { Adapter } from "./adapt.ts";
import type { ParsedFile } from "./parse.ts";

/**
 * Notes names that are assigned and nowhere declared, and those that are set on the global object. PostHog ran apps in
 * sloppy mode, where either makes a global variable, known by both ways; here the app's factory declares them, so that
 * each instance has its own (decisions 4).
 */
export const declareGlobals: Adapter = (file, findings) => {
  for (const { node, isWrite } of file.free) {
    if (node.name === "Buffer") findings.usesBuffer = true;
    if (isWrite) findings.implicitGlobals.add(node.name);
    if (node.name !== "global" && node.name !== "globalThis") continue;
    const name = propertySetOn(node, file);
    if (name !== undefined) findings.implicitGlobals.add(name);
  }
};

/** `x` of `global.x = …`. */
function propertySetOn(object: AnyNode, file: ParsedFile): string | undefined {
  const member = file.parentOf(object);
  if (member?.type !== "MemberExpression" || member.object !== object || member.computed) return undefined;
  const assignment = file.parentOf(member);
  const isSet = assignment?.type === "AssignmentExpression" && assignment.left === member;
  return isSet && member.property.type === "Identifier" ? member.property.name : undefined;
}
