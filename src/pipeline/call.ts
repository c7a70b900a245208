import { mendRegExp } from "../apps/built-ins/regexp.ts";
import { IllegalOperationError } from "../apps/errors.ts";
import type { Instance } from "../apps/instance.ts";
import { timedOut } from "../apps/run-hook.ts";
import type { Invocation } from "../apps/scope.ts";
import type { PluginEvent } from "../event.ts";
import { plainJson } from "../json.ts";
import { type Deadline, expired } from "./deadline.ts";
import type { Markers } from "./markers.ts";

/** What a call of `processEvent` came to: its result, or what it threw. */
export type CallOutcome = { result: unknown } | { thrown: unknown };

/** One app in the chain of one request. */
export interface Link {
  instance: Instance;
  invocation: Invocation;
  /** When all events so far have left an app that takes one at a time; null for all others. */
  tail: Promise<unknown> | null;
  /** Events that reached the app, that it failed with, and that it dropped. */
  reached: number;
  failed: number;
  dropped: number;
  /** Calls a function as part of the invocation. Made once, since `run` costs 2 µs on workerd and this a third of it. */
  enter: (call: () => unknown) => unknown;
}

/** An event's turn at an app that takes one at a time. */
export interface Turn {
  /** Resolves when those before it have left the app, or will never come to it. */
  come: Promise<unknown>;
  leave: () => void;
}

/** Puts an event into the app's line, which keeps the order of these calls; undefined where there is none. It must leave it. */
export function takeTurn(link: Link): Turn | undefined {
  const come = link.tail;
  if (!come) return undefined;
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();
  link.tail = come.then(() => left);
  return { come, leave };
}

/**
 * Calls an app for one event, when its turn has come if it has one. Synchronous where the app is, so that plain apps cost no
 * turn of the event loop.
 */
export function callApp(
  link: Link,
  event: PluginEvent,
  deadline: Deadline,
  turn: Turn | undefined,
): CallOutcome | Promise<CallOutcome> {
  if (!turn) return call(link, event, deadline);
  return turn.come
    .then(() => (deadline.passed ? { thrown: tooLate(link, deadline) } : call(link, event, deadline)))
    .finally(turn.leave);
}

function call(link: Link, event: PluginEvent, deadline: Deadline): CallOutcome | Promise<CallOutcome> {
  const { hooks, meta } = link.instance;
  link.reached += 1;
  // Detached, as all hooks are called (decisions 3).
  const { processEvent } = hooks;
  try {
    const result = link.enter(() => processEvent?.(event, meta));
    return isThenable(result) ? wait(link, result, deadline) : { result };
  } catch (thrown) {
    return { thrown };
  } finally {
    mendRegExp();
  }
}

/** Waits for an asynchronous app, but no longer than the request's budget. */
async function wait(link: Link, result: PromiseLike<unknown>, deadline: Deadline): Promise<CallOutcome> {
  const { hookCounts } = link.invocation.scope;
  const startedMs = hookCounts.nowMs();
  // Within the invocation, since an app's own `then` is called for it.
  const running = link.enter(() => Promise.resolve(result)) as Promise<unknown>;
  try {
    const winner = await Promise.race([running, deadline.expired()]);
    if (winner !== expired) return { result: winner };
    link.invocation.scope.background(running);
    return { thrown: tooLate(link, deadline) };
  } catch (thrown) {
    return { thrown };
  } finally {
    hookCounts.waited("processEvent", link.instance.definition.plugin, startedMs);
    mendRegExp();
  }
}

function tooLate(link: Link, deadline: Deadline): Error {
  return timedOut(link.instance, "processEvent", deadline.budgetMs);
}

/**
 * The event that goes on to the next app, or null when this one dropped it. A throw keeps the event with the changes made
 * so far; a result that is no event, or a changed `team_id`, counts as a failure too (decisions 18).
 */
export function settle(
  link: Link,
  entered: PluginEvent,
  teamId: number,
  outcome: CallOutcome,
  markers: Markers,
): PluginEvent | null {
  const { instance } = link;
  const fail = (event: PluginEvent, thrown: unknown) => {
    link.failed += 1;
    markers.failed.push(instance.label);
    markers.thrown = thrown;
    instance.logThrown(thrown, "processEvent");
    return ofTeam(event, teamId);
  };
  if ("thrown" in outcome) return fail(entered, outcome.thrown);
  const { result } = outcome;
  if (!result) {
    link.dropped += 1;
    return null;
  }
  let left: PluginEvent;
  try {
    if (!isEvent(result)) {
      return fail(entered, new IllegalOperationError("processEvent returned something that is not an event"));
    }
    if (result.team_id !== teamId) {
      return fail(result, new IllegalOperationError("Plugin tried to change event.team_id"));
    }
    left = writable(result);
  } catch (thrown) {
    return fail(entered, thrown);
  }
  markers.succeeded.push(instance.label);
  return left;
}

/** What an app froze, or left without properties to write to, goes on as a copy: the apps behind it change it. */
function writable(event: PluginEvent): PluginEvent {
  const { properties } = event;
  if (Object.isExtensible(event) && (properties === undefined || Object.isExtensible(properties)))
    return event;
  return { ...event, properties: typeof properties === "object" ? { ...properties } : {} };
}

/** The event, or a copy of it where the app has made it such that it cannot be written to. */
function ofTeam(event: PluginEvent, teamId: number): PluginEvent {
  try {
    const left = writable(event);
    left.team_id = teamId;
    return left;
  } catch {
    return { ...(plainJson(event) as PluginEvent | undefined), team_id: teamId } as PluginEvent;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

function isEvent(value: unknown): value is PluginEvent {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    typeof (value as { event?: unknown }).event === "string"
  );
}
