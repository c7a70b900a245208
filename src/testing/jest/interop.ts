type Module = Record<PropertyKey, unknown>;

/** Defines a module's exports so that they stay live, and a spy may take their place. */
export function defineExports(target: object, getters: Readonly<Record<string, () => unknown>>): void {
  for (const [name, get] of Object.entries(getters)) {
    Object.defineProperty(target, name, {
      enumerable: true,
      configurable: true,
      get,
      set(value: unknown) {
        Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
      },
    });
  }
}

export function markModule(exports: object): object {
  return Object.defineProperty(exports, "__esModule", { value: true, configurable: true });
}

const views = new WeakMap<object, unknown>();

/**
 * A CommonJS module for who imports it as an ES module: itself, with itself as `default`. It stays callable, as
 * `import * as fetch` expects.
 */
export function interop(exported: unknown): unknown {
  if ((typeof exported !== "object" && typeof exported !== "function") || exported === null) {
    return { default: exported };
  }
  if ((exported as Module)["__esModule"]) return exported;
  const known = views.get(exported);
  if (known) return known;
  const view = new Proxy(exported, {
    get: (target, name) =>
      name === "default" && !("default" in target) ? target : Reflect.get(target, name),
  });
  views.set(exported, view);
  return view;
}
