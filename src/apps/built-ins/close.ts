import type { Root } from "./roots.ts";

/** Code that wants shorter or longer stacks assigns this, and harms nobody else by it. */
const LEFT_WRITABLE: ReadonlySet<PropertyKey> = new Set(["stackTraceLimit"]);

const closed = new WeakSet<object>();

/**
 * Keeps an object as it is: no property can be added or changed. Frozen objects are as fast as before.
 *
 * A frozen property forbids the assignment of that name to every object that inherits it (`this.name = …` in an
 * error, `Foo.prototype.toString = …`). Overridable ones become a getter and a setter instead, and the setter gives
 * the assigned value to the object at hand.
 */
export function close({ object, overridable }: Root): void {
  closed.add(object);
  for (const name of Reflect.ownKeys(object)) {
    if (LEFT_WRITABLE.has(name)) continue;
    const isOverridable = overridable === "all" || overridable.includes(String(name));
    const property = Reflect.getOwnPropertyDescriptor(object, name);
    if (isOverridable && property?.configurable && property.writable) {
      Reflect.defineProperty(object, name, overridableProperty(object, name, property));
    }
  }
  // Error, with its limit of frames, is the only object that cannot be frozen as a whole.
  if (Object.hasOwn(object, "stackTraceLimit")) Object.preventExtensions(object);
  else Object.freeze(object);
}

function overridableProperty(owner: object, name: PropertyKey, { value, enumerable }: PropertyDescriptor) {
  return {
    get: () => value,
    set(this: unknown, assigned: unknown) {
      if (this === owner || Object(this) !== this) return;
      Reflect.defineProperty(this as object, name, {
        value: assigned,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    },
    enumerable: enumerable ?? false,
    configurable: false,
  };
}

/** Whether an object has been closed. */
export function isClosed(object: object): boolean {
  return closed.has(object);
}
