import { AsyncLocalStorage } from "node:async_hooks";
import { createHookCounts, type HookCounts } from "../accounts/hook-counts.ts";
import type { ClientLocation } from "../event.ts";
import { createLogFlushing, type LogFlushing } from "../logs/flushing.ts";
import type { Store } from "../store.ts";
import type { Instance } from "./instance.ts";
import { createLeftovers, type KeptLeftovers, type Leftovers } from "./leftovers.ts";
import { type CommandBatch, createCommandBatch } from "./meta/command-batch.ts";

/**
 * One piece of work: a capture request, a delivery, a task. Everything that apps start while it runs belongs to it,
 * because on Workers a promise, timer or socket must not outlive the request that made it.
 */
export interface Scope extends Omit<KeptLeftovers, "handOver"> {
  /** The same when the work is done again: what apps leave behind is named by it, and so not doubled. */
  readonly id: string;
  /** How many captures in a row led to the events at work. */
  readonly generation: number;
  /** Raises the generation, once the events of the work are known. */
  raiseGeneration(generation: number): void;
  /** The generation header for a request to this very gateway; null for any other address. */
  ownHeader(address: string): string | null;
  /** Redis commands of one turn, of all apps, leave together. */
  readonly commands: CommandBatch;
  /** Where clients are, by address, as the platform said when their events arrived. */
  readonly locations: Map<string, ClientLocation>;
  /** What this work counts about apps' hooks. */
  readonly hookCounts: HookCounts;
  /** Sends what apps log in this work to where it is kept. */
  readonly logs: LogFlushing;
  /** Makes host calls of this work fail for as long as there is a reason. `what` names the call: `fetch`, `pg`, `cache` … */
  refuseWhen(reason: (what: string) => string | null): void;
  /** Why a host call is refused; null as long as it is not. */
  refusal(what: string): string | null;
  /** Outgoing requests made so far; the platform bounds them (`SUBREQUEST_BUDGET`). */
  subrequests: number;
  /** Calls so far of `then` methods that apps wrote themselves. */
  thenables: number;
  /** Makes `finish` wait for a write that is promised to be durable, whether its app awaits it or not. */
  mustFinish(promise: Promise<unknown>): void;
  /** Ends the work: waits for what must finish, and hands over, once, what apps left behind. */
  finish(): Promise<Leftovers>;
  /** Keeps the platform alive for what an app started and did not await. Never rejects. */
  background(promise: Promise<unknown>): void;
  /** Calls `close` once the work has ended, in the background; what is opened after that is closed a turn later. */
  atEnd(close: () => Promise<unknown>): void;
  /** Closes what apps opened for this work. `finish` does so too; this is for work that may fail before. */
  close(): void;
}

export interface ScopeOptions {
  id: string;
  store: Store;
  nowMs: () => number;
  generation: number;
  /** Addresses at which this gateway is reached, as URLs. */
  ownAddresses: readonly string[];
  seal: (generation: number) => string;
  waitUntil: (promise: Promise<unknown>) => void;
  publish: (leftovers: Leftovers) => Promise<void>;
  /** Sends what has been logged; undefined when there is nothing. */
  flushLogs: () => Promise<void> | undefined;
}

export function createScope(options: ScopeOptions): Scope {
  const { id, store, waitUntil, publish, flushLogs } = options;
  let { generation } = options;
  const unfinished: Promise<unknown>[] = [];
  const closers: (() => Promise<unknown>)[] = [];
  let closed = false;
  let refusal: (what: string) => string | null = () => null;

  /** Publishes what an app leaves after the work has been acknowledged, because it did not await what makes it. */
  function publishLate(leftovers: Leftovers): Promise<void> {
    scope.subrequests += 1;
    const published = publish(leftovers);
    scope.background(published);
    // Another promise than the one kept alive, so that a failure which the app does not handle is seen as that.
    return published.then();
  }

  function countedFlush(): Promise<void> | undefined {
    const sent = flushLogs();
    if (sent) scope.subrequests += 1;
    return sent;
  }

  const locations = new Map<string, ClientLocation>();
  const kept = createLeftovers({ id, locations, generation: () => generation, publishLate });

  const scope: Scope = {
    id,
    get generation() {
      return generation;
    },
    raiseGeneration(higher) {
      generation = Math.max(generation, higher);
    },
    ownHeader(address) {
      const host = hostOf(address);
      const isOwn = host !== null && options.ownAddresses.some((own) => hostOf(own) === host);
      return isOwn ? options.seal(generation + 1) : null;
    },
    commands: createCommandBatch({
      store,
      onRequest: () => (scope.subrequests += 1),
      background: (promise) => scope.background(promise),
    }),
    locations,
    hookCounts: createHookCounts(options.nowMs),
    logs: createLogFlushing(countedFlush, (promise) => scope.background(promise)),
    subrequests: 0,
    thenables: 0,

    refuseWhen(reason) {
      refusal = reason;
    },
    refusal: (what) => refusal(what),

    capture: kept.capture,
    schedule: kept.schedule,
    buffer: kept.buffer,
    buffered: kept.buffered,
    isAuthor: kept.isAuthor,

    mustFinish(promise) {
      unfinished.push(promise);
    },

    async finish() {
      // The app handles failures; here it matters only that it is over.
      if (unfinished.length > 0) await Promise.allSettled(unfinished);
      scope.logs.end();
      scope.close();
      return kept.handOver();
    },

    background(promise) {
      // The app's own handlers see the failure; here only the time it takes matters.
      waitUntil(promise.catch(() => {}));
    },

    atEnd(close) {
      closers.push(close);
      if (closed) scope.background(Promise.resolve().then(() => scope.close()));
    },

    close() {
      closed = true;
      for (const close of closers.splice(0)) scope.background(close());
    },
  };
  return scope;
}

function hostOf(address: string): string | null {
  return URL.canParse(address) ? new URL(address).host : null;
}

/** An app's hook at work within a scope. One object serves all events of the scope. */
export interface Invocation {
  readonly instance: Instance;
  readonly hook: string;
  readonly scope: Scope;
}

/** Finds the work that a call of a host function belongs to, however deep in the app it was made. */
export const currentInvocation = new AsyncLocalStorage<Invocation>();

/**
 * The invocation under way. Throws when an app calls a host function while its module is being evaluated, or in a piece
 * of work that may not act any more.
 */
export function requireInvocation(what: string): Invocation {
  const invocation = currentInvocation.getStore();
  if (!invocation) {
    throw new Error(`${what} cannot be used while the app is being loaded: call it from a hook`);
  }
  const refusal = invocation.scope.refusal(what);
  if (refusal !== null) throw new Error(`${what} refused: ${refusal}`);
  return invocation;
}
