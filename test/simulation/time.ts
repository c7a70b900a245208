import { AsyncLocalStorage } from "node:async_hooks";

/** Time that stands still while anything is computed, and then jumps to the next thing to do. */
export interface VirtualTime {
  now(): number;
  /** Has `run` called in so many milliseconds, outside of whatever context calls this. Returns how to call it off. */
  after(ms: number, run: () => void): () => void;
  /** Does the next thing that is due until then, and waits for all that it leads to at once; false = there is none. */
  step(untilMs: number): Promise<boolean>;
  /** Lets all come to rest that waits for no time. */
  settled(): Promise<void>;
  /** Moves the clock on where there is nothing to do. */
  skipTo(timeMs: number): void;
}

interface Due {
  atMs: number;
  order: number;
  run: () => void;
}

/** How to call off the time limits that are under way, by their signals. */
const limits = new WeakMap<AbortSignal, () => void>();

/** Spares a call that was answered the end of its time limit: a step of time each, at which nothing happens. */
export function callOffLimit(signal: AbortSignal): void {
  limits.get(signal)?.();
}

const realImmediate = setImmediate;
const RealDate = Date;

/** Turns of the event loop after which promises, streams and the Redis engine have come to rest: none of them does I/O. */
const TURNS = 2;

export function createVirtualTime(startMs: number): VirtualTime {
  let nowMs = startMs;
  let order = 0;
  const queue = new Set<Due>();

  function earliest(): Due | undefined {
    let first: Due | undefined;
    for (const due of queue) {
      if (!first || due.atMs < first.atMs || (due.atMs === first.atMs && due.order < first.order))
        first = due;
    }
    return first;
  }

  const settled = async () => {
    for (let turn = 0; turn < TURNS; turn += 1) await new Promise<void>((resolve) => realImmediate(resolve));
  };

  return {
    now: () => nowMs,
    after(ms, run) {
      const due = { atMs: nowMs + Math.max(0, Number(ms) || 0), order: (order += 1), run };
      queue.add(due);
      return () => void queue.delete(due);
    },
    async step(untilMs) {
      const due = earliest();
      if (!due || due.atMs > untilMs) return false;
      queue.delete(due);
      nowMs = Math.max(nowMs, due.atMs);
      due.run();
      await settled();
      return true;
    },
    settled,
    skipTo(timeMs) {
      nowMs = Math.max(nowMs, timeMs);
    },
  };
}

/** What the platform offers, and the simulation replaces while it runs. */
interface Replaced {
  fetch: typeof fetch;
  /** Hears what libraries write to the console. */
  write: (line: string) => void;
  /** Whether a timer that this context set may still fire. */
  mayFire: () => () => boolean;
}

/**
 * Puts virtual time, and a network of the simulation's own, in the place of the platform's: whatever is imported, the clients of
 * Redis and QStash and the embedded servers included, then waits for nothing real. Returns how to put all back.
 */
export function replaceGlobals(time: VirtualTime, replaced: Replaced): () => void {
  const cancels = new WeakMap<object, () => void>();

  const start = (ms: number, run: () => void, repeats: boolean) => {
    const timer = { ref: () => timer, unref: () => timer, hasRef: () => true };
    const inContext = AsyncLocalStorage.snapshot();
    const mayFire = replaced.mayFire();
    const wait = () =>
      cancels.set(
        timer,
        time.after(ms, () => {
          if (!mayFire()) return;
          if (repeats) wait();
          inContext(run);
        }),
      );
    wait();
    return timer;
  };
  const clear = (timer?: object) => {
    if (timer) cancels.get(timer)?.();
  };
  const VirtualDate: DateConstructor = new Proxy(RealDate, {
    construct: (target, given, newTarget) =>
      Reflect.construct(
        target,
        given.length === 0 ? [time.now()] : given,
        newTarget === VirtualDate ? target : newTarget,
      ) as Date,
    get: (target, name) => (name === "now" ? time.now : Reflect.get(target, name)),
  });
  const timeout = (ms: number) => {
    const controller = new AbortController();
    const end = () => controller.abort(new DOMException("The operation timed out.", "TimeoutError"));
    const timer = start(ms, end, false);
    limits.set(controller.signal, () => clear(timer));
    return controller.signal;
  };
  const write = (...parts: unknown[]) => replaced.write(parts.map(String).join(" "));

  const restores = [
    replace(globalThis, "setTimeout", (run: () => void, ms = 0) => start(ms, run, false)),
    replace(globalThis, "setInterval", (run: () => void, ms = 0) => start(ms, run, true)),
    replace(globalThis, "clearTimeout", clear),
    replace(globalThis, "clearInterval", clear),
    replace(globalThis, "Date", VirtualDate),
    replace(globalThis, "fetch", replaced.fetch),
    replace(AbortSignal, "timeout", timeout),
    replace(console, "warn", write),
    replace(console, "error", write),
  ];
  return () => restores.forEach((restore) => restore());
}

function replace(target: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, { value, configurable: true, writable: true });
  return () => {
    if (before) Object.defineProperty(target, name, before);
    else Reflect.deleteProperty(target, name);
  };
}
