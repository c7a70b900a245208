/**
 * Makes a parsed JSON value safe to handle, in place, and tells whether it is: false when it nests deeper than `levels`.
 *
 * PostHog's parser gives up at 128 levels and with it the whole batch that we would forward, and recursive code (apps,
 * serialisers) overflows the stack. On the way own `__proto__` keys are deleted: JSON.parse makes them harmless
 * properties, but the first app that copies by assignment would turn them into a prototype. Costs one visit per key.
 */
export function tameNesting(value: object, levels: number): boolean {
  if (levels === 0) return false;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      if (typeof item === "object" && item !== null && !tameNesting(item, levels - 1)) return false;
    }
    return true;
  }
  const record = value as Record<string, unknown>;
  for (const key in record) {
    if (key === "__proto__") {
      delete record[key];
      continue;
    }
    const item = record[key];
    if (typeof item === "object" && item !== null && !tameNesting(item, levels - 1)) return false;
  }
  return true;
}
