import type { ClientRequest } from "node:http";
import { currentInvocation } from "./scope.ts";

/** No request of a package keeps its work alive for longer: so long Workers go on after an answer. */
const KEPT_MS = 30_000;

/** What a client does between two requests: it reads an answer, or waits before it tries again. */
const BETWEEN_MS = 1000;

type Send = (...call: unknown[]) => ClientRequest;

/**
 * The built-in modules that an instance's packages require. On Workers a request ends with the work that made it, and its
 * callbacks never run: those of `http` and `https` keep their work alive, whether the app awaits the package or not, and
 * count against the platform's subrequests.
 */
export function keepRequestsAlive(modules: Readonly<Record<string, object>>): Record<string, object> {
  const isHttp = (name: string) => name === "node:http" || name === "node:https";
  return Object.fromEntries(
    Object.entries(modules).map(([name, module]) => [name, isHttp(name) ? watched(module) : module]),
  );
}

/** The same for what packages send with `fetch`. */
export const packageFetch: typeof fetch = (input, init) => {
  const answer = fetch(input, init);
  keepAlive(() => answer.catch(() => {}));
  return answer;
};

/** A copy, so that what a package patches is its instance's own. */
function watched(module: object): object {
  const sending = module as Readonly<Record<"get" | "request", Send>>;
  const watch = (name: "get" | "request") => ({
    configurable: true,
    enumerable: true,
    writable: true,
    value(...call: unknown[]) {
      const request = sending[name](...call);
      keepAlive(() => new Promise((resolve) => request.once("close", resolve)));
      return request;
    },
  });
  return Object.defineProperties(
    {},
    { ...Object.getOwnPropertyDescriptors(module), get: watch("get"), request: watch("request") },
  );
}

function keepAlive(over: () => Promise<unknown>): void {
  const scope = currentInvocation.getStore()?.scope;
  if (!scope) return;
  scope.subrequests += 1;
  scope.background(
    new Promise((resolve) => {
      let timer = setTimeout(resolve, KEPT_MS);
      void over().then(() => {
        clearTimeout(timer);
        timer = setTimeout(resolve, BETWEEN_MS);
      });
    }),
  );
}
