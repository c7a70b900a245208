import { AsyncLocalStorage } from "node:async_hooks";
import type { Store } from "../store.ts";
import type { Instance } from "./instance.ts";
import { type CommandBatch, createCommandBatch } from "./meta/command-batch.ts";

/** An event that an app made with `posthog.capture`, to re-enter at the start of the chain. */
export interface AppEvent {
  uuid: string;
  event: string;
  distinct_id: string;
  /** As the app gave it, or ISO time of the call. */
  timestamp: string;
  properties: Record<string, unknown>;
}

/** What apps captured for one project in one piece of work. */
export interface AppEvents {
  project: string;
  events: AppEvent[];
  /** How many captures in a row led to these events; those of a client are generation 0. */
  generation: number;
}

/**
 * One piece of work: a capture request, a delivery, a task. Everything that apps start while it runs belongs to it,
 * because on Workers a promise, timer or socket must not outlive the request that made it.
 */
export interface Scope {
  readonly generation: number;
  /** Redis commands of one turn, of all apps, leave together. */
  readonly commands: CommandBatch;
  /** Outgoing requests made so far; the platform bounds them (`SUBREQUEST_BUDGET`). */
  subrequests: number;
  /** Keeps an app's event for `takeCaptured`; after that, publishes it at once. */
  capture(project: string, event: AppEvent): Promise<void>;
  /** Hands over what apps captured, once, to be published before the work is acknowledged. */
  takeCaptured(): AppEvents[];
  /** Keeps the platform alive for what an app started and did not await. Never rejects. */
  background(promise: Promise<unknown>): void;
}

export interface ScopeOptions {
  store: Store;
  generation: number;
  waitUntil: (promise: Promise<unknown>) => void;
  publish: (captured: AppEvents) => Promise<void>;
}

export function createScope({ store, generation, waitUntil, publish }: ScopeOptions): Scope {
  const captured = new Map<string, AppEvents>();
  let taken = false;

  const scope: Scope = {
    generation,
    commands: createCommandBatch({
      store,
      onRequest: () => (scope.subrequests += 1),
      background: (promise) => scope.background(promise),
    }),
    subrequests: 0,

    capture(project, event) {
      if (taken) {
        scope.subrequests += 1;
        const published = publish({ project, events: [event], generation: generation + 1 });
        scope.background(published);
        return published;
      }
      const batch = captured.get(project);
      if (batch) batch.events.push(event);
      else captured.set(project, { project, events: [event], generation: generation + 1 });
      return Promise.resolve();
    },

    takeCaptured() {
      taken = true;
      const batches = [...captured.values()];
      captured.clear();
      return batches;
    },

    background(promise) {
      // The app's own handlers see the failure; here only the time it takes matters.
      waitUntil(promise.catch(() => {}));
    },
  };
  return scope;
}

/** An app's hook at work within a scope. One object serves all events of the scope. */
export interface Invocation {
  readonly instance: Instance;
  readonly hook: string;
  readonly scope: Scope;
}

/** Finds the work that a call of a host function belongs to, however deep in the app it was made. */
export const currentInvocation = new AsyncLocalStorage<Invocation>();

/** The invocation under way; throws when an app calls a host function while its module is being evaluated. */
export function requireInvocation(what: string): Invocation {
  const invocation = currentInvocation.getStore();
  if (!invocation) {
    throw new Error(`${what} cannot be used while the app is being loaded: call it from a hook`);
  }
  return invocation;
}
