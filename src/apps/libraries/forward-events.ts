import type { EventEmitter } from "node:events";
import { currentInvocation } from "../scope.ts";

/**
 * Repeats events of an object that belongs to one piece of work on the object that the app keeps and listens to. A fault
 * that nobody listens for goes to the app's log: Node would end the process, for all apps. `library` is named there.
 * Returns how to stop.
 */
export function forwardEvents(
  library: string,
  from: EventEmitter,
  to: EventEmitter,
  names: readonly string[],
  faults: readonly string[],
): () => void {
  const instance = currentInvocation.getStore()?.instance;
  const forwards = [...names, ...faults].map((name) => {
    const forward = (...values: unknown[]) => {
      if (!faults.includes(name) || to.listenerCount(name) > 0) to.emit(name, ...values);
      else instance?.log("WARN", "SYSTEM", `${library} ${name}: ${String(values[0])}`);
    };
    from.on(name, forward);
    return { name, forward };
  });
  return () => {
    for (const { name, forward } of forwards) from.off(name, forward);
  };
}
