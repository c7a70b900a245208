import { AbortError, FetchError } from "./fetch/errors.ts";
import { type AppRequestInit, platformInit } from "./fetch/request.ts";
import { type AppResponse, nodeFetchResponse } from "./fetch/response.ts";
import { endlessLoop, GENERATION_HEADER, MAX_GENERATIONS } from "./generation.ts";
import { currentInvocation, type Invocation, requireInvocation } from "./scope.ts";

/** An app's `fetch`. */
export type AppFetch = (input: string | URL | Request, init?: AppRequestInit) => Promise<AppResponse>;

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
  input: string | URL | Request,
  init: AppRequestInit = {},
): AppRequestInit {
  const address = input instanceof Request ? input.url : String(input);
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
  input: string | URL | Request,
  init: AppRequestInit = {},
  onRead?: (body: Promise<unknown>) => void,
): Promise<AppResponse> {
  // As node-fetch has it in its answers and errors: `https://x.example/` for `https://x.example`.
  const address = input instanceof Request ? input.url : (URL.parse(input)?.href ?? String(input));
  const { timeout } = init;
  const signals = [init.signal, timeout ? AbortSignal.timeout(timeout) : null].filter((signal) => !!signal);
  try {
    const response = await platformFetch(input, {
      ...(await platformInit(input, init)),
      ...(signals.length > 0 ? { signal: AbortSignal.any(signals) } : {}),
    });
    if (init.redirect === "error" && response.status >= 300 && response.status < 400) {
      const message = `uri requested responds with a redirect, redirect mode is set to error: ${address}`;
      throw new FetchError(message, "no-redirect");
    }
    return nodeFetchResponse(response, address, init, onRead);
  } catch (error) {
    if (error instanceof FetchError) throw error;
    if (error instanceof Error && error.name === "TimeoutError") {
      throw new FetchError(`network timeout at: ${address}`, "request-timeout", error);
    }
    if (error instanceof Error && error.name === "AbortError") throw new AbortError();
    throw FetchError.ofSystem(address, error);
  }
}
