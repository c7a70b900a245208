import { AsyncLocalStorage } from "node:async_hooks";
import { createHookCounts, type HookCounts } from "../accounts/hook-counts.ts";
import { deriveId, deriveUuid } from "../derived-id.ts";
import type { ClientLocation } from "../event.ts";
import { createLogFlushing, type LogFlushing } from "../logs/flushing.ts";
import type { Store } from "../store.ts";
import type { BufferedObject, BufferPlace } from "./buffer.ts";
import type { Instance } from "./instance.ts";
import { type CommandBatch, createCommandBatch } from "./meta/command-batch.ts";

/** What apps may leave behind in one piece of work: more looks like a loop, and would keep the work from its end. */
const MAX_CAPTURED = 10_000;
const MAX_JOBS = 1000;

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

/** What apps added to one buffer in one piece of work. */
export interface AddedObjects {
  place: BufferPlace;
  objects: BufferedObject[];
}

/** A job that an app has scheduled with `meta.jobs`. */
export interface ScheduledJob {
  id: string;
  project: string;
  plugin: string;
  job: string;
  /** Milliseconds since the epoch. */
  dueAtMs: number;
  /** JSON; absent when the job was scheduled without one. */
  payload?: unknown;
  generation: number;
}

/** What apps leave behind when a piece of work ends: to be made durable before it is acknowledged. */
export interface Leftovers {
  captured: AppEvents[];
  jobs: ScheduledJob[];
  added: AddedObjects[];
  /** Of the work: what is flushed because of it is as far down a row of captures. */
  generation: number;
  /** Where clients are, as far as this piece of work knew: what is put off takes along what it mentions. */
  locations: ReadonlyMap<string, ClientLocation>;
}

/**
 * One piece of work: a capture request, a delivery, a task. Everything that apps start while it runs belongs to it,
 * because on Workers a promise, timer or socket must not outlive the request that made it.
 */
export interface Scope {
  /** The same when the work is done again: what apps leave behind is named by it, and so not doubled. */
  readonly id: string;
  /** How many captures in a row led to the events at work. */
  readonly generation: number;
  /** For work whose events are known only later: they may be of a higher generation. */
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
  /** Keeps an app's event for `finish`; after that, publishes it at once. */
  capture(project: string, plugin: string, event: Omit<AppEvent, "uuid">): Promise<void>;
  /** Keeps an app's job likewise. */
  schedule(job: Omit<ScheduledJob, "generation" | "id">): Promise<void>;
  /** Keeps an object that an app adds to a buffer likewise. */
  buffer(place: BufferPlace, object: BufferedObject): Promise<void>;
  /** What is kept for a buffer so far; with `take`, it is handed over and kept no longer. */
  buffered(place: BufferPlace, take?: "take"): readonly BufferedObject[];
  /** Whether an app has left something that `finish` is to hand over. */
  isAuthor(plugin: string): boolean;
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
  const captured = new Map<string, AppEvents>();
  const jobs: ScheduledJob[] = [];
  const added = new Map<BufferPlace, AddedObjects>();
  const authors = new Set<string>();
  const timesSaid = new Map<string, number>();
  const unfinished: Promise<unknown>[] = [];
  const closers: (() => Promise<unknown>)[] = [];
  let finished = false;
  let closed = false;
  let refusal: (what: string) => string | null = () => null;

  /** For what an app starts and does not await, when it goes on after the work has been acknowledged. */
  function publishLate(leftovers: Partial<Leftovers>): Promise<void> {
    scope.subrequests += 1;
    const published = publish({
      captured: [],
      jobs: [],
      added: [],
      generation,
      locations: scope.locations,
      ...leftovers,
    });
    scope.background(published);
    // Another promise than the one kept alive, so that a failure which the app does not handle is seen as that.
    return published.then();
  }

  function countedFlush(): Promise<void> | undefined {
    const sent = flushLogs();
    if (sent) scope.subrequests += 1;
    return sent;
  }

  /**
   * What identifies something that an app leaves: the work, the content, and how often the same was said before. Not the
   * order alone, which is another one when events run concurrently.
   */
  function identify(...content: string[]): string[] {
    const said = content.join("\n");
    const before = timesSaid.get(said) ?? 0;
    timesSaid.set(said, before + 1);
    return [id, String(before), ...content];
  }

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
    locations: new Map(),
    hookCounts: createHookCounts(options.nowMs),
    logs: createLogFlushing(countedFlush, (promise) => scope.background(promise)),
    subrequests: 0,
    thenables: 0,

    refuseWhen(reason) {
      refusal = reason;
    },
    refusal: (what) => refusal(what),

    capture(project, plugin, made) {
      // Times differ when the work is done again.
      const content = textOf(made.properties);
      const identity = identify("event", project, plugin, made.event, made.distinct_id, content);
      const event = { uuid: deriveUuid(...identity), ...made };
      const alone = { project, events: [event], generation: generation + 1 };
      authors.add(plugin);
      if (finished) return publishLate({ captured: [alone] });
      const batch = captured.get(project);
      if (batch && batch.events.length >= MAX_CAPTURED) {
        return tooMany(`posthog.capture of "${event.event}"`, `${MAX_CAPTURED} events`);
      }
      if (batch) batch.events.push(event);
      else captured.set(project, alone);
      return Promise.resolve();
    },

    schedule(job) {
      const { project, plugin, job: name, payload } = job;
      const identity = identify("job", project, plugin, name, textOf(payload));
      const scheduled = { id: deriveId(...identity), ...job, generation };
      authors.add(plugin);
      if (finished) return publishLate({ jobs: [scheduled] });
      if (jobs.length >= MAX_JOBS) return tooMany(`jobs.${job.job}`, `${MAX_JOBS} jobs`);
      jobs.push(scheduled);
      return Promise.resolve();
    },

    buffer(place, object) {
      authors.add(place.plugin);
      if (finished) return publishLate({ added: [{ place, objects: [object] }] });
      const kept = added.get(place);
      if (kept) kept.objects.push(object);
      else added.set(place, { place, objects: [object] });
      return Promise.resolve();
    },

    buffered(place, take) {
      const objects = added.get(place)?.objects ?? [];
      if (take) added.delete(place);
      return objects;
    },

    isAuthor: (plugin) => authors.has(plugin),

    mustFinish(promise) {
      unfinished.push(promise);
    },

    async finish() {
      // What failed is the app's to handle; here only that it is over matters.
      if (unfinished.length > 0) await Promise.allSettled(unfinished);
      finished = true;
      scope.logs.end();
      scope.close();
      const leftovers = {
        captured: [...captured.values()],
        jobs: [...jobs],
        added: [...added.values()],
        generation,
        locations: scope.locations,
      };
      captured.clear();
      jobs.length = 0;
      added.clear();
      return leftovers;
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

function tooMany(what: string, limit: string): Promise<never> {
  return Promise.reject(new Error(`${what} refused: the apps of this request have left ${limit} already`));
}

function hostOf(address: string): string | null {
  return URL.canParse(address) ? new URL(address).host : null;
}

function textOf(content: unknown): string {
  try {
    return JSON.stringify(content) ?? "";
  } catch {
    // What JSON cannot hold is told apart by how often the app said something.
    return "";
  }
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
