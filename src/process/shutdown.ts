import { within } from "../within.ts";

/**
 * The part of a shutdown's time that requests which do not end cannot use up: apps tear down in it, and what they
 * leave is published.
 */
const TEAR_DOWN_MS = 2500;

/**
 * Makes the function that a signal calls to end the process in order: no more requests are taken, those under way are
 * answered, apps are torn down and what they leave is published, and what was promised in the background is done. All
 * of it has `patienceMs`: what is not over by then is cut off and reported, and the process exits with 1. At a second
 * signal it exits with 1 at once.
 */
export function createShutdown(options: {
  patienceMs: number;
  /** Stops taking requests; resolves when those under way are answered. */
  close: () => Promise<unknown>;
  /** What follows, in order. */
  steps: readonly (() => Promise<unknown>)[];
  onFault: (message: string) => void;
  exit: (code: number) => void;
}): () => void {
  const { patienceMs, close, onFault } = options;
  let isStopping = false;
  let code = 0;

  const fail = (error: Error) => {
    code = 1;
    onFault(`the shutdown is not in order: ${error.message}`);
  };

  async function end(): Promise<void> {
    const unanswered = () => new Error("requests under way were cut off");
    await within(Math.max(0, patienceMs - TEAR_DOWN_MS), close(), unanswered).catch(fail);
    for (const step of options.steps) await step().catch(fail);
  }

  return () => {
    if (isStopping) {
      options.exit(1);
      return;
    }
    isStopping = true;
    const unfinished = () => new Error(`it is not over after ${patienceMs / 1000} s`);
    void within(patienceMs, end(), unfinished)
      .catch(fail)
      .then(() => options.exit(code));
  };
}
