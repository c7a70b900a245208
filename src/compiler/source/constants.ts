import { HOST } from "../names.ts";
import type { Adapter } from "./adapt.ts";

/** Writing to it fails, after the value was computed, as with a constant. */
const CONSTANT = `${HOST}.constant.value`;

/**
 * Lets an assignment to a constant fail when it is reached, as it did in PostHog: bundlers refuse the whole app for
 * it, though it may stand in code that never runs.
 */
export const failConstantWrites: Adapter = (file) => {
  for (const node of file.constantWrites) {
    const parent = file.parentOf(node);
    const isShorthand = parent?.type === "Property" && parent.shorthand;
    file.edit.overwrite(node.start, node.end, isShorthand ? `${node.name}: ${CONSTANT}` : CONSTANT);
  }
};
