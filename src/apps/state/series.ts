/** Waits between attempts of `setupPlugin`: six executions, then the app is disabled (decisions 15). */
export const SETUP_RETRY_DELAYS_MS = [5_000, 10_000, 20_000, 40_000, 80_000] as const;
export const SETUP_ATTEMPTS = SETUP_RETRY_DELAYS_MS.length + 1;

/** A message of a series that is this late counts as lost, and is published again. */
const LOST_AFTER_MS = 60_000;

/** Where the set-up of one version of an app stands with one project, in all isolates together (decisions 17). */
export type SetupState = {
  /** The admin's revision of the app that this state belongs to; a state of an older one counts for nothing. */
  revision: number;
  /** Names one series of attempts, so that a message of an earlier one does nothing. */
  series: string;
  /** Milliseconds since the epoch of the last change. */
  atMs: number;
} & (
  | { status: "ready" }
  /** `attempt` executions have failed, the next is due at `dueAtMs`. */
  | { status: "pending"; attempt: number; dueAtMs: number }
  | { status: "disabled"; why: string }
);

/** One execution within a series that is under way. */
export interface SetupStep {
  series: string;
  /** This execution, from 1. */
  attempt: number;
  /** One isolate goes on by itself, since Redis is away. */
  alone?: true;
}

/** What an app threw in its set-up. */
export interface SetupFailure {
  /** One line, fit to be shown to people. */
  why: string;
  /** It is a `RetryError`, or the timeout. */
  isRetryable: boolean;
}

/** What is known of an execution when its outcome is written down. */
export interface SetupContext {
  revision: number;
  nowMs: number;
  /** Names a series that this outcome may start. */
  newSeries: string;
  /** Absent when an isolate set its own instance up, which belongs to no series. */
  step?: SetupStep;
}

/** The state after `setupPlugin` succeeded; null when nothing changes. */
export function afterSuccess(current: SetupState | null, context: SetupContext): SetupState | null {
  const { revision, nowMs, newSeries, step } = context;
  const isNext = step ? isUnderWay(current, step) : !current || current.revision < revision;
  if (!isNext) return null;
  return { status: "ready", revision, series: step?.series ?? newSeries, atMs: nowMs };
}

/**
 * The state after an execution failed; null when nothing changes, because the series it belongs to is over or another
 * isolate's failure has started one already. Only a `RetryError` is tried again, but for an app that is ready elsewhere:
 * there one isolate's failure, whatever it is, starts a series instead of disabling the app for all.
 */
export function afterFailure(
  current: SetupState | null,
  failure: SetupFailure,
  context: SetupContext,
): SetupState | null {
  const { revision, nowMs, newSeries, step } = context;
  const fresh = !current || current.revision < revision;
  const continues = step !== undefined && isUnderWay(current, step);
  const restarts = !step && current?.revision === revision && current.status === "ready";
  if (step ? !continues : !fresh && !restarts) return null;

  const attempt = step?.attempt ?? 1;
  const base = { revision, series: step?.series ?? newSeries, atMs: nowMs };
  const delayMs = SETUP_RETRY_DELAYS_MS[attempt - 1];
  return delayMs !== undefined && (restarts || failure.isRetryable)
    ? { ...base, status: "pending", attempt, dueAtMs: nowMs + delayMs }
    : { ...base, status: "disabled", why: failure.why };
}

/** Whether a step is the one that a pending state waits for. */
export function isUnderWay(current: SetupState | null, { series, attempt }: SetupStep): boolean {
  return current?.status === "pending" && current.series === series && current.attempt === attempt - 1;
}

/** Whether the message that should have gone on with a pending state must be taken for lost. */
export function isOverdue(state: SetupState | null, nowMs: number): boolean {
  return state?.status === "pending" && nowMs - state.dueAtMs > LOST_AFTER_MS;
}
