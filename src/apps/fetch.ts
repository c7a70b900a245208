import { FetchError, failureOf } from "./fetch/errors.ts";
import { type AppRequestInit, platformInit } from "./fetch/request.ts";
import { type AppResponse, nodeFetchResponse } from "./fetch/response.ts";
import { addressOf, type FetchInput, targetOf } from "./fetch/target.ts";
import { endlessLoop, GENERATION_HEADER, MAX_GENERATIONS } from "./generation.ts";
import { currentInvocation, type Invocation, requireInvocation } from "./scope.ts";

/** An app's `fetch`. */
export type AppFetch = (input: FetchInput, init?: AppRequestInit) => Promise<AppResponse>;

/**
 * `fetch` for apps, in node-fetch's manner (decisions 14a): lower-case methods, `timeout`, bodies that are Node streams,
 * `response.buffer()`, failures as `FetchError`. Each call counts against the platform's subrequests and is kept alive when
 * nobody awaits it, and so is the reading of its answer.
 */
export function createAppFetch(platformFetch: typeof fetch): AppFetch {
  return (input, init) => {
    const invocation = currentInvocation.getStore();
    if (!invocation) return request(platformFetch, input, init);
    invocation.scope.subrequests += 1;
    const send = async () => {
      requireInvocation("fetch");
      return request(platformFetch, input, continueGeneration(invocation, input, init), keepAlive);
    };
    const keepAlive = (promise: Promise<unknown>) => invocation.scope.background(promise);
    const answer = send();
    keepAlive(answer);
    // Another promise than the one kept alive, so that a failure which the app does not handle is seen as that.
    return answer.then();
  };
}

/**
 * What an app sends to this very gateway carries the generation of the events at work, so that a loop through HTTP ends
 * as one through `posthog.capture` does (decisions 23). An app cannot choose the header itself.
 */
function continueGeneration(
  { instance, scope }: Invocation,
  input: FetchInput,
  init: AppRequestInit = {},
): AppRequestInit {
  const address = addressOf(input);
  const header = scope.ownHeader(address);
  if (header === null) return init;
  if (scope.generation + 1 >= MAX_GENERATIONS) {
    const refusal = endlessLoop(`fetch of ${address}`);
    instance.log("ERROR", "SYSTEM", refusal);
    throw new Error(refusal);
  }
  const headers = new Headers(init.headers ?? (input instanceof Request ? input.headers : {}));
  headers.set(GENERATION_HEADER, header);
  return { ...init, headers };
}

async function request(
  platformFetch: typeof fetch,
  input: FetchInput,
  init: AppRequestInit = {},
  onRead?: (body: Promise<unknown>) => void,
): Promise<AppResponse> {
  const address = addressOf(input);
  const { timeout } = init;
  const signals = [init.signal, timeout ? AbortSignal.timeout(timeout) : null].filter((signal) => !!signal);
  try {
    const adapted = await platformInit(input, init);
    const response = await platformFetch(targetOf(input, adapted.headers), {
      ...adapted,
      ...(signals.length > 0 ? { signal: AbortSignal.any(signals) } : {}),
    });
    if (init.redirect === "error" && response.status >= 300 && response.status < 400) {
      const message = `uri requested responds with a redirect, redirect mode is set to error: ${address}`;
      throw new FetchError(message, "no-redirect");
    }
    return nodeFetchResponse(response, address, init, onRead);
  } catch (error) {
    throw failureOf(
      error,
      () => new FetchError(`network timeout at: ${address}`, "request-timeout", error),
      () => FetchError.ofSystem(address, error),
    );
  }
}
