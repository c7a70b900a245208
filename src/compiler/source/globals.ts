import { FACTORY_NAMES } from "../names.ts";
import type { Adapter } from "./adapt.ts";

/**
 * Notes names that are assigned and nowhere declared. PostHog ran apps in sloppy mode, where that makes a global; here the
 * app's factory declares them, so that each instance has its own (decisions 4).
 */
export const declareGlobals: Adapter = (file, findings) => {
  for (const { node, isWrite } of file.free) {
    if (node.name === "Buffer") findings.usesBuffer = true;
    if (isWrite && !FACTORY_NAMES.has(node.name)) findings.implicitGlobals.add(node.name);
  }
};
