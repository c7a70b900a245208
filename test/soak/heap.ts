const ANSWER_TIMEOUT_MS = 10_000;

/** What the gateway's isolate still holds when all garbage has gone. */
export interface Heap {
  /** Resolves to megabytes of live objects, after a collection: resident memory follows V8's leisure and proves no leak. */
  liveMb(): Promise<number>;
  close(): void;
}

/** Connects to the inspector of a Worker that workerd calls `gateway`. Rejects when there is none. */
export async function openHeap(inspectorPort: number): Promise<Heap> {
  const socket = new WebSocket(`ws://127.0.0.1:${inspectorPort}/gateway`);
  const waiting = new Map<number, (result: { usedSize: number }) => void>();
  let sent = 0;
  socket.addEventListener("message", ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id: number; result: { usedSize: number } };
    waiting.get(id)?.(result);
    waiting.delete(id);
  });
  await within("the gateway's inspector did not take the connection", (resolve, reject) => {
    socket.addEventListener("open", () => resolve(undefined));
    socket.addEventListener("error", () => reject(new Error("the gateway's inspector cannot be reached")));
  });

  const call = (method: string) =>
    within<{ usedSize: number }>(`the gateway's inspector did not answer ${method}`, (resolve) => {
      sent += 1;
      waiting.set(sent, resolve);
      socket.send(JSON.stringify({ id: sent, method }));
    });
  return {
    async liveMb() {
      await call("HeapProfiler.collectGarbage");
      return (await call("Runtime.getHeapUsage")).usedSize / 1e6;
    },
    close: () => socket.close(),
  };
}

async function within<Value>(
  fault: string,
  start: (resolve: (value: Value) => void, reject: (error: Error) => void) => void,
): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<Value>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(fault)), ANSWER_TIMEOUT_MS);
      start(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
  }
}
