import { type Mock, vi } from "vitest";

type Implementation = (this: unknown, ...values: never[]) => unknown;

/** `jest.fn`: unlike vitest's, a mock made of an arrow function may be called with `new`. */
export function mockFunction(implementation?: Implementation): Mock {
  return constructible(vi.fn(implementation && asFunction(implementation)));
}

/** `jest.spyOn`, whose spies may be given arrow functions likewise. */
export const spyOn: typeof vi.spyOn = ((object: object, name: never, accessor: never) =>
  constructible(vi.spyOn(object, name, accessor) as Mock)) as never;

function constructible(mock: Mock): Mock {
  for (const name of ["mockImplementation", "mockImplementationOnce"] as const) {
    const original = mock[name].bind(mock);
    mock[name] = (implementation: Implementation) => original(asFunction(implementation) as never);
  }
  return mock;
}

function asFunction(implementation: Implementation): Implementation {
  if (typeof implementation !== "function") return implementation;
  const isClass = /^class\b/.test(Function.prototype.toString.call(implementation));
  return function (this: unknown, ...values: never[]) {
    return isClass
      ? Reflect.construct(implementation, values, new.target)
      : implementation.apply(this, values);
  };
}

/**
 * A module's automatic mock: functions that return nothing, classes whose methods do, objects of such, empty lists, and
 * plain values as they are.
 */
export function automock(value: unknown, seen = new Map<unknown, unknown>()): unknown {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return value;
  const known = seen.get(value);
  if (known) return known;
  if (Array.isArray(value)) return [];
  const mocked: object = typeof value === "function" ? mockFunction() : {};
  seen.set(value, mocked);
  for (const [name, member] of membersOf(value)) {
    const twin = automock(member, seen);
    // A function's own prototype stays where it is, and gets the methods.
    if (name === "prototype") Object.assign(Reflect.get(mocked, name), twin);
    else
      Object.defineProperty(mocked, name, {
        value: twin,
        enumerable: true,
        configurable: true,
        writable: true,
      });
  }
  return mocked;
}

const OF_EVERY_FUNCTION = new Set(["length", "name", "arguments", "caller", "constructor"]);

/**
 * What an object has of its own or from its class, without what every object has. Getters are asked only where they are a
 * module's exports: others may want an instance.
 */
function membersOf(value: object): Map<string, unknown> {
  const members = new Map<string, unknown>();
  const isModule = "__esModule" in value;
  for (
    let holder: object | null = value;
    holder && holder !== Object.prototype && holder !== Function.prototype;
    holder = Object.getPrototypeOf(holder)
  ) {
    for (const [name, { get, value: member }] of Object.entries(Object.getOwnPropertyDescriptors(holder))) {
      if (OF_EVERY_FUNCTION.has(name) || members.has(name)) continue;
      if (!get) members.set(name, member);
      else if (isModule) members.set(name, get.call(value));
    }
  }
  return members;
}
