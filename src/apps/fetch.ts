import { Buffer } from "node:buffer";
import { currentInvocation } from "./scope.ts";

/** A network failure, named as node-fetch names it. */
export class FetchError extends Error {
  readonly type: string;

  constructor(message: string, type: string, cause: unknown) {
    super(message, { cause });
    this.name = "FetchError";
    this.type = type;
  }
}

type AppRequestInit = RequestInit & {
  /** node-fetch: milliseconds until the request fails. */
  timeout?: number;
};
type AppResponse = Response & { buffer(): Promise<Buffer> };

/**
 * `fetch` for apps, in node-fetch's manner (decisions 14a): lower-case methods, `timeout`, `response.buffer()`, failures
 * as `FetchError`. Each call counts against the platform's subrequests and is kept alive when nobody awaits it.
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
  { timeout, ...init }: AppRequestInit = {},
): Promise<AppResponse> {
  const address = input instanceof Request ? input.url : String(input);
  const signals = [init.signal, timeout ? AbortSignal.timeout(timeout) : null].filter((signal) => !!signal);
  try {
    const response = await platformFetch(input, {
      ...init,
      ...(init.method ? { method: init.method.toUpperCase() } : {}),
      ...(signals.length > 0 ? { signal: AbortSignal.any(signals) } : {}),
    });
    return Object.assign(response, { buffer: async () => Buffer.from(await response.arrayBuffer()) });
  } catch (error) {
    if (error instanceof Error && error.name === "TimeoutError") {
      throw new FetchError(`network timeout at: ${address}`, "request-timeout", error);
    }
    if (error instanceof Error && error.name === "AbortError") throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new FetchError(`request to ${address} failed, reason: ${reason}`, "system", error);
  }
}
