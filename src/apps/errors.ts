/**
 * Thrown by an app when trying again later may help. Recognised by class, not by name (runtime 6.1): the global, the
 * import from `@posthog/plugin-scaffold` and subclasses count, look-alikes do not.
 */
export class RetryError extends Error {
  /** Set by the gateway before it logs: this execution, counted from 1. */
  _attempt?: number;
  _maxAttempts?: number;

  constructor(message?: string) {
    super(message);
    this.name = "RetryError";
  }

  get nameWithAttempts(): string {
    return this._attempt && this._maxAttempts
      ? `${this.name} (attempt ${this._attempt}/${this._maxAttempts})`
      : this.name;
  }

  override toString(): string {
    return `${this.nameWithAttempts}: ${this.message}`;
  }
}

/** A hook did not finish in time. Retried like a RetryError where a hook is retried (decisions 15). */
export class TimeoutError extends RetryError {
  constructor(message: string) {
    super(message);
    this.name = "TimeoutError";
  }
}

/** An app did what it may not do. */
export class IllegalOperationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "IllegalOperationError";
  }
}

/** An app that must not be left out (`whilePending: "refuse"`) is not ready: clients keep their events meanwhile. */
export class AppPending extends Error {
  override readonly name = "AppPending";
  readonly retryAfterSeconds: number;

  constructor(project: string, plugin: string, retryAfterSeconds: number) {
    super(`the app "${plugin}" of ${project} is not set up yet, and no event may pass without it`);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Whether an app asks to be run again. Never throws, whatever was thrown. */
export function isRetry(thrown: unknown): thrown is RetryError {
  return attempt(() => thrown instanceof RetryError, false);
}

/** Notes on a RetryError which execution it ended, for its text; one that takes no notes goes without. */
export function noteAttempt(thrown: unknown, attemptNumber: number, maxAttempts: number): void {
  if (!isRetry(thrown)) return;
  attempt(() => Object.assign(thrown, { _attempt: attemptNumber, _maxAttempts: maxAttempts }), thrown);
}

/** Apps throw frozen objects, proxies and errors with getters: to look at one may throw again. */
function attempt<Result>(look: () => Result, otherwise: Result): Result {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
