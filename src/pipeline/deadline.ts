export const expired = Symbol("expired");

/** The end of a request's chain budget. Starts no timer until something has to be waited for. */
export interface Deadline {
  readonly budgetMs: number;
  readonly passed: boolean;
  /** Resolves when the budget has run out. */
  expired(): Promise<typeof expired>;
  clear(): void;
}

export function createDeadline(budgetMs: number): Deadline {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waiting: Promise<typeof expired> | undefined;
  let passed = false;
  return {
    budgetMs,
    get passed() {
      return passed;
    },
    expired() {
      waiting ??= new Promise((resolve) => {
        timer = setTimeout(() => {
          passed = true;
          resolve(expired);
        }, budgetMs);
      });
      return waiting;
    },
    clear: () => clearTimeout(timer),
  };
}
