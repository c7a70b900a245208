import { Buffer } from "node:buffer";
import { IllegalOperationError, RetryError, TimeoutError } from "../errors.ts";
import { FetchError } from "../fetch/errors.ts";
import { close } from "./close.ts";
import { closeCodeGeneration } from "./code-generation.ts";
import { builtInRoots, classRoots } from "./roots.ts";

let hardened = false;

/**
 * Closes the built-ins of this process, language and platform, so that no app can change them for others (decisions 4).
 * An entry calls it once, when all modules are loaded. Costs a millisecond or two, and nothing later.
 */
export function hardenBuiltIns(): void {
  if (hardened) return;
  hardened = true;
  closeCodeGeneration();
  const own = [Buffer, RetryError, TimeoutError, IllegalOperationError, FetchError];
  for (const root of [...builtInRoots(), ...own.flatMap((value) => classRoots(value))]) close(root);
}
