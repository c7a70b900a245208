/**
 * An app's own copy of a host library: what it assigns to the library's members changes nothing for others. The members
 * themselves are the library's. Once per instance and library, some microseconds.
 */
export function copyLibrary(library: object): object {
  const copy = typeof library === "function" ? callable(library) : {};
  for (const name of Reflect.ownKeys(library)) {
    if (typeof library === "function" && FUNCTIONS_OWN.has(name)) continue;
    const member = Reflect.getOwnPropertyDescriptor(library, name);
    if (!member) continue;
    Object.defineProperty(copy, name, {
      ...member,
      ...("value" in member ? { writable: true } : {}),
      configurable: true,
    });
  }
  return copy;
}

const FUNCTIONS_OWN: ReadonlySet<PropertyKey> = new Set([
  "length",
  "name",
  "prototype",
  "arguments",
  "caller",
]);

/** Libraries that are functions (`node-fetch`, `assert`) or classes (`events`, `stream`), also to be extended the old way. */
function callable(library: Function): object {
  function copy(this: unknown, ...values: unknown[]): unknown {
    if (!new.target) return Reflect.apply(library, this, values);
    return Reflect.construct(library, values, new.target === copy ? library : new.target);
  }
  copy.prototype = library.prototype as unknown;
  return copy;
}
