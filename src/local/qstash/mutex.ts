/** Runs one task after the other, in the order of the calls; resolves or rejects as the task does. */
export type Mutex = <Value>(task: () => Promise<Value>) => Promise<Value>;

/** Makes a mutex of its own. It is not reentrant: a task that calls the same mutex and awaits it waits for ever. */
export function createMutex(): Mutex {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const result = last.then(task);
    // A failed task must not keep the next one from running; its caller is told.
    last = result.catch(() => undefined);
    return result;
  };
}
