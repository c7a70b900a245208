/** A failed request, named and typed as node-fetch does it. */
export class FetchError extends Error {
  readonly type: string;
  /** What the system says, `ECONNREFUSED` for one; where the platform does. */
  readonly code?: string;
  readonly errno?: string;

  constructor(message: string, type: string, cause?: unknown) {
    super(message, { cause });
    this.name = "FetchError";
    this.type = type;
  }

  /** A request that failed, described by the system's own error where the platform hands it on. */
  static ofSystem(address: string, error: unknown): FetchError {
    const { message, code } = systemErrorOf(error);
    const failure = new FetchError(`request to ${address} failed, reason: ${message}`, "system", error);
    return code === undefined ? failure : Object.assign(failure, { code, errno: code });
  }
}

interface SystemError {
  message: string;
  code?: string;
}

type Cause = Partial<SystemError> & { errors?: Partial<SystemError>[] };

/**
 * Node itself says no more than "fetch failed". The reason is its cause, or the first of several, one for each
 * address.
 */
function systemErrorOf(error: unknown): SystemError {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code, message, errors } = (error.cause ?? error) as Cause;
  const reason = message || errors?.[0]?.message || error.message;
  return typeof code === "string" ? { message: reason, code } : { message: reason };
}

/** The app itself gave its request up. */
export class AbortError extends Error {
  readonly type = "aborted";

  constructor(message = "The user aborted a request.") {
    super(message);
    this.name = "AbortError";
  }
}

/** What an app is told of a failure, by its kind: the app's own abort, a time limit, or anything else. */
export function failureOf(error: unknown, late: () => FetchError, other: () => FetchError): Error {
  if (error instanceof FetchError) return error;
  const name = error instanceof Error ? error.name : "";
  if (name === "AbortError") return new AbortError();
  return name === "TimeoutError" ? late() : other();
}
