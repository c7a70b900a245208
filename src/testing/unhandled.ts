import process from "node:process";
import { createUnhandled } from "../apps/unhandled.ts";
import { currentInvocation } from "../apps/scope.ts";

const EVENTS = ["uncaughtException", "unhandledRejection"] as const;

const unhandled = createUnhandled(() => {});
const listeners = EVENTS.map((event) => [event, createListener(event)] as const);
/** One for each app at work. */
const atWork = new Set<symbol>();

/**
 * Gives apps' logs what fails in their code and nobody handles, as the entry for Node does, until the returned function is
 * called. What is no app's is left to vitest, which fails the run for it.
 */
export function attributeUnhandled(): () => void {
  const app = Symbol("app");
  if (atWork.size === 0) for (const [event, listener] of listeners) process.on(event, listener);
  atWork.add(app);
  return () => {
    const wasLast = atWork.delete(app) && atWork.size === 0;
    if (wasLast) for (const [event, listener] of listeners) process.off(event, listener);
  };
}

function createListener(event: (typeof EVENTS)[number]): (thrown: unknown) => void {
  const listener = (thrown: unknown, ...details: unknown[]) => {
    if (currentInvocation.getStore()) return void unhandled[event](thrown);
    // Vitest leaves alone what somebody else listens to.
    process.off(event, listener);
    process.emit(event as "unhandledRejection", thrown, ...(details as [Promise<unknown>]));
    process.on(event, listener);
  };
  return listener;
}
