import type { AnyNode } from "acorn";

/** Visits a node and everything below it, parents first, in the order of the text. */
export function walk(node: AnyNode, visit: (node: AnyNode, parent: AnyNode | undefined) => void): void {
  const descend = (current: AnyNode, parent: AnyNode | undefined) => {
    visit(current, parent);
    for (const child of Object.values(current)) {
      if (Array.isArray(child)) for (const item of child) if (isNode(item)) descend(item, current);
      if (isNode(child)) descend(child, current);
    }
  };
  descend(node, undefined);
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}
