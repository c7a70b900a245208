import { isClosed } from "./close.ts";

/** What one instance changed of the built-ins, for itself alone; the compiler sends its writes and reads here. */
export interface Extensions {
  /** `owner.name = value`. */
  set(owner: object, name: PropertyKey, value: unknown): unknown;
  /** `Object.defineProperty`; what is no built-in gets the property as usual. */
  define(owner: object, name: PropertyKey, property: PropertyDescriptor): object;
  /** `Object.defineProperties`, likewise. */
  defineAll(owner: object, properties: PropertyDescriptorMap): object;
  /** `Object.assign`, likewise. */
  assign(owner: object, ...sources: object[]): object;
  /** `target.name`, where the name is one that the app has changed somewhere. Throws for null and undefined. */
  get(target: unknown, name: PropertyKey): unknown;
  /** The same, about to be called: a function comes bound to its target. */
  method(target: unknown, name: PropertyKey): unknown;
  /** `get` and `method` after a `?.`: undefined for null and undefined. */
  getOptional(target: unknown, name: PropertyKey): unknown;
  methodOptional(target: unknown, name: PropertyKey): unknown;
}

export function createExtensions(): Extensions {
  const byName = new Map<PropertyKey, Map<object, PropertyDescriptor>>();

  const keep = (owner: object, name: PropertyKey, property: PropertyDescriptor) => {
    const owners = byName.get(name) ?? new Map<object, PropertyDescriptor>();
    byName.set(name, owners.set(owner, property));
  };

  /** The change nearest to the target on its prototype chain; undefined where something of its own is nearer. */
  function find(target: unknown, name: PropertyKey): PropertyDescriptor | undefined {
    const owners = byName.get(name);
    if (!owners || isNothing(target)) return undefined;
    for (let object: unknown = Object(target); object !== null; object = Object.getPrototypeOf(object)) {
      const found = owners.get(object as object);
      if (found) return found;
      if (Object.hasOwn(object as object, name)) return undefined;
    }
    return undefined;
  }

  const extensions: Extensions = {
    set(owner, name, value) {
      keep(owner, name, { value });
      return value;
    },
    define(owner, name, property) {
      if (!isClosed(owner)) return Object.defineProperty(owner, name, property);
      keep(owner, name, property);
      return owner;
    },
    defineAll(owner, properties) {
      for (const name of Reflect.ownKeys(properties)) {
        const property = properties[name as string];
        if (property) extensions.define(owner, name, property);
      }
      return owner;
    },
    assign(owner, ...sources) {
      if (!isClosed(owner)) return Object.assign(owner, ...sources);
      for (const [name, value] of Object.entries(Object.assign({}, ...sources) as object)) {
        keep(owner, name, { value });
      }
      return owner;
    },
    get(target, name) {
      const found = find(target, name);
      if (!found) return (target as Record<PropertyKey, unknown>)[name];
      return found.get ? found.get.call(target) : found.value;
    },
    method(target, name) {
      const called = extensions.get(target, name);
      return typeof called === "function" ? called.bind(target) : called;
    },
    getOptional: (target, name) => (isNothing(target) ? undefined : extensions.get(target, name)),
    methodOptional: (target, name) => (isNothing(target) ? undefined : extensions.method(target, name)),
  };
  return extensions;
}

function isNothing(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
