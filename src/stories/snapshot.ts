import { plainJson } from "../json.ts";
import type { Mask } from "../logs/mask.ts";

/** What stands where a masked field's value stood. */
export const MASKED_FIELD = "[masked]";

/** Writes a value as JSON that people may see. Never throws, whatever an app has made of the value. */
export type Snapshot = (value: unknown) => string;

/** Fields of these names lose their values at any depth; secrets are taken out of all text. */
export function createSnapshot(maskedFields: readonly string[], mask: Mask): Snapshot {
  const masked = new Set(maskedFields);
  const replace = (name: string, value: unknown) => {
    if (masked.has(name) && value !== undefined && value !== null) return MASKED_FIELD;
    return typeof value === "string" ? mask(value) : value;
  };
  return (value) => {
    try {
      return JSON.stringify(value, replace);
    } catch {
      // A circle, a BigInt, a getter that throws.
      return JSON.stringify(plainJson(value), replace);
    }
  };
}
