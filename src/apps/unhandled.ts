import { currentInvocation } from "./scope.ts";

/**
 * Takes a promise's rejection that nobody handles, from the platform's own event for that. It belongs to the app whose
 * code rejected the promise: workerd, Node and Deno all raise the event in the asynchronous context of the rejection.
 * @param writeFault hears of rejections that belong to no app
 */
export function createUnhandledRejection(writeFault: (message: string) => void): (reason: unknown) => void {
  return (reason) => {
    const invocation = currentInvocation.getStore();
    if (invocation) {
      invocation.instance.logThrown(reason, invocation.hook, "Unhandled promise rejection: ");
      return;
    }
    const text = reason instanceof Error ? reason.stack : String(reason);
    writeFault(`unhandled promise rejection outside of apps: ${text}`);
  };
}
