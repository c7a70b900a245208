import { currentInvocation } from "./scope.ts";

/**
 * Takes errors that nobody handles, from the platform's events for them. It belongs to the app whose code failed:
 * workerd, Node and Deno all raise these events in the asynchronous context of the failure.
 */
export interface Unhandled {
  /** A promise was rejected and nobody handles it. Harmless, whichever app it belongs to. */
  unhandledRejection(reason: unknown): void;
  /**
   * Something was thrown in a callback of a stream, a socket or `zlib`. False when it was not in an app's code: the
   * gateway is in an unknown state then, and must not go on.
   */
  uncaughtException(thrown: unknown): boolean;
}

/** What stands before such errors in an app's log: no hook threw them. */
const REJECTED = "Unhandled promise rejection: ";
const UNCAUGHT = "Uncaught exception: ";

/** Whether a message of an app's log is of something that nobody handled. */
export function isUnhandled(message: string): boolean {
  return message.startsWith(REJECTED) || message.startsWith(UNCAUGHT);
}

/** @param writeFault hears of rejections that belong to no app */
export function createUnhandled(writeFault: (message: string) => void): Unhandled {
  function logForApp(thrown: unknown, what: string): boolean {
    const invocation = currentInvocation.getStore();
    invocation?.instance.logThrown(thrown, invocation.hook, what);
    return invocation !== undefined;
  }
  return {
    unhandledRejection(reason) {
      if (logForApp(reason, REJECTED)) return;
      const text = reason instanceof Error ? reason.stack : String(reason);
      writeFault(`unhandled promise rejection outside of apps: ${text}`);
    },
    uncaughtException: (thrown) => logForApp(thrown, UNCAUGHT),
  };
}
