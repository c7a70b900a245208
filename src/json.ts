/** A deep copy of JSON, cheaper than `structuredClone` for the flat objects that configurations are. */
export function copyJson<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyJson) as T;
  const copy: Record<string, unknown> = {};
  for (const key in value) put(copy, key, copyJson(value[key]));
  return copy as T;
}

/** At 128 levels PostHog gives up the whole batch, and recursive code overflows the stack. */
export const MAX_LEVELS = 120;

/** No event that anybody wants is longer than this, and Redis refuses what is not much longer. */
export const MAX_EVENT_CHARACTERS = 5_000_000;

/**
 * What JSON can hold of anything that an app made: a BigInt becomes text; a circle, a getter that throws, a proxy that
 * refuses, what lies too deep, and what goes beyond `MAX_EVENT_CHARACTERS`, are left out. Never throws.
 */
export function plainJson(value: unknown): unknown {
  return plain(value, { ancestors: new Set(), charactersLeft: MAX_EVENT_CHARACTERS });
}

/** Around each value: its quotes, or what a number takes. */
const VALUE_CHARACTERS = 8;

interface Visit {
  ancestors: Set<object>;
  charactersLeft: number;
}

function plain(value: unknown, visit: Visit): unknown {
  const { ancestors } = visit;
  const characters = VALUE_CHARACTERS + (typeof value === "string" ? value.length : 0);
  if (characters > visit.charactersLeft) return undefined;
  visit.charactersLeft -= characters;
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "object" || value === null) {
    return typeof value === "function" || typeof value === "symbol" ? undefined : value;
  }
  if (ancestors.has(value) || ancestors.size >= MAX_LEVELS) return undefined;
  ancestors.add(value);
  try {
    if (value instanceof Date) return value.toJSON();
    if (Array.isArray(value)) return value.map((item) => plain(item, visit) ?? null);
    const copy: Record<string, unknown> = {};
    for (const name of Object.keys(value)) {
      visit.charactersLeft -= name.length;
      put(copy, name, plain(read(value, name), visit));
    }
    return copy;
  } catch {
    // A proxy of an app's own making: its failure is that value's.
    return undefined;
  } finally {
    ancestors.delete(value);
  }
}

function read(value: object, name: string): unknown {
  try {
    return (value as Record<string, unknown>)[name];
  } catch {
    // A getter likewise.
    return undefined;
  }
}

function put(copy: Record<string, unknown>, name: string, value: unknown): void {
  // Assigned, this name would give the copy another prototype and lose the property.
  if (name !== "__proto__") copy[name] = value;
  else Object.defineProperty(copy, name, { value, enumerable: true, configurable: true, writable: true });
}
