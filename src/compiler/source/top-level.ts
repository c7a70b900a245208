import { TOP_LEVEL } from "../names.ts";
import type { Adapter } from "./adapt.ts";

/**
 * Hands the entry's top-level functions and `var`s to the factory: they are the app's hooks when nothing is exported
 * (decisions 3). The empty export makes the entry an ES module even if it is CommonJS, so that `module` and `exports` in
 * it are the factory's own and forms may be mixed.
 */
export const collectTopLevel: Adapter = ({ isEntry, topLevel, edit }) => {
  if (!isEntry) return;
  const names = topLevel.filter(({ isGlobal }) => isGlobal).map(({ name }) => name);
  edit.append(`\n${TOP_LEVEL} = { ${names.join(", ")} };\nexport {};\n`);
};
