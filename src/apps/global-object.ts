import { Buffer } from "node:buffer";
import type { AppHost } from "./definition.ts";
import { HIDDEN_GLOBALS } from "./hidden-names.ts";

/**
 * The object behind an instance's `global` and `globalThis`: it sees the built-ins, keeps what the app writes to itself,
 * and hides what apps must not have.
 */
export function createAppGlobalObject(host: AppHost): Record<string, unknown> {
  const object: Record<string, unknown> = Object.create(globalThis);
  for (const name of HIDDEN_GLOBALS) define(object, name, undefined);
  const { console, posthog, fetch, RetryError } = host;
  for (const [name, value] of Object.entries({ console, posthog, fetch, RetryError, Buffer, URL })) {
    define(object, name, value);
  }
  define(object, "global", object);
  define(object, "globalThis", object);
  return object;
}

/** Defines rather than assigns: an assignment would reach a setter on the real global object. */
function define(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, configurable: true });
}
