import { Buffer } from "node:buffer";
import { AppFunction } from "./built-ins/code-generation.ts";
import type { AppHost } from "./definition.ts";
import { HIDDEN_GLOBALS } from "./hidden-names.ts";
import { packageFetch } from "./package-requests.ts";

/**
 * The object behind an instance's `global` and `globalThis`: it sees the built-ins, keeps what the app writes to
 * itself, and hides what apps must not have. The real global object cannot be reached from it.
 */
export function createAppGlobalObject(
  host: Pick<AppHost, "console" | "posthog" | "fetch" | "RetryError">,
): Record<string, unknown> {
  const object = createGlobalObject();
  for (const name of [...HIDDEN_GLOBALS, "eval"]) define(object, name, undefined);
  const { console, posthog, fetch, RetryError } = host;
  const supplied = { console, posthog, fetch, RetryError, Buffer, URL, Function: AppFunction };
  for (const [name, value] of Object.entries(supplied)) define(object, name, value);
  return object;
}

/** The same for an instance's npm packages, which see all that the platform has: what they patch, they patch here. */
export function createPackageGlobalObject(): Record<string, unknown> {
  const object = createGlobalObject();
  define(object, "self", object);
  define(object, "fetch", packageFetch);
  return object;
}

function createGlobalObject(): Record<string, unknown> {
  view ??= createView();
  const object: Record<string, unknown> = Object.create(view);
  define(object, "global", object);
  define(object, "globalThis", object);
  return object;
}

/** Shows the real global object; what is assigned stays with whoever inherits from the view. */
let view: object | undefined;

function createView(): object {
  const created = {};
  for (let source: object = globalThis; source !== Object.prototype; source = Object.getPrototypeOf(source)) {
    for (const name of Object.getOwnPropertyNames(source)) {
      if (!Object.hasOwn(created, name)) Object.defineProperty(created, name, viewOf(name));
    }
  }
  return Object.freeze(created);
}

function viewOf(name: string): PropertyDescriptor {
  let seen: unknown;
  let bound: unknown;
  return {
    get() {
      const value = (globalThis as Record<string, unknown>)[name];
      if (value === globalThis) return undefined;
      if (typeof value !== "function" || /^[A-Z]/.test(name)) return value;
      // Platform functions such as atob insist on the real global object, or on none.
      if (seen !== value) [seen, bound] = [value, value.bind(undefined)];
      return bound;
    },
    set(this: object, value: unknown) {
      define(this, name, value);
    },
  };
}

function define(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, configurable: true, enumerable: true });
}
