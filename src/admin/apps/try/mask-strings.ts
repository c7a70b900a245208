import type { Mask } from "../../../logs/mask.ts";

/** JSON with every string in it masked, names of properties too. */
export function maskStrings(value: unknown, mask: Mask): unknown {
  if (typeof value === "string") return mask(value);
  if (Array.isArray(value)) return value.map((item) => maskStrings(item, mask));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [mask(name), maskStrings(inner, mask)]),
  );
}
