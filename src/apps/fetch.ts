import { currentInvocation } from "./scope.ts";
import { AbortError, FetchError } from "./fetch/errors.ts";
import { type AppRequestInit, platformInit } from "./fetch/request.ts";
import { type AppResponse, nodeFetchResponse } from "./fetch/response.ts";

/**
 * `fetch` for apps, in node-fetch's manner (decisions 14a): lower-case methods, `timeout`, bodies that are Node streams,
 * `response.buffer()`, failures as `FetchError`. Each call counts against the platform's subrequests and is kept alive when
 * nobody awaits it.
 */
export function createAppFetch(platformFetch: typeof fetch) {
  return (input: string | URL | Request, init?: AppRequestInit): Promise<AppResponse> => {
    const scope = currentInvocation.getStore()?.scope;
    if (scope) scope.subrequests += 1;
    const answer = request(platformFetch, input, init);
    scope?.background(answer);
    // Another promise than the one kept alive, so that a failure which the app does not handle is seen as that.
    return answer.then();
  };
}

async function request(
  platformFetch: typeof fetch,
  input: string | URL | Request,
  init: AppRequestInit = {},
): Promise<AppResponse> {
  const address = input instanceof Request ? input.url : String(input);
  const { timeout } = init;
  const signals = [init.signal, timeout ? AbortSignal.timeout(timeout) : null].filter((signal) => !!signal);
  try {
    const response = await platformFetch(input, {
      ...(await platformInit(init)),
      ...(signals.length > 0 ? { signal: AbortSignal.any(signals) } : {}),
    });
    if (init.redirect === "error" && response.status >= 300 && response.status < 400) {
      const message = `uri requested responds with a redirect, redirect mode is set to error: ${address}`;
      throw new FetchError(message, "no-redirect");
    }
    return nodeFetchResponse(response, init);
  } catch (error) {
    if (error instanceof FetchError) throw error;
    if (error instanceof Error && error.name === "TimeoutError") {
      throw new FetchError(`network timeout at: ${address}`, "request-timeout", error);
    }
    if (error instanceof Error && error.name === "AbortError") throw new AbortError();
    const reason = error instanceof Error ? error.message : String(error);
    throw new FetchError(`request to ${address} failed, reason: ${reason}`, "system", error);
  }
}
