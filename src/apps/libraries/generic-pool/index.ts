import genericPool, { type Factory, type Options } from "generic-pool";
import { Pool as WorkPool } from "./pool.ts";

/** `generic-pool` for apps: pools that they may keep. */
export function createPool<Resource>(factory: Factory<Resource>, options?: Options): WorkPool<Resource> {
  return new WorkPool(factory, options);
}

/** As the package exports it: what comes before the factory are parts that apps do not replace. */
export class Pool<Resource> extends WorkPool<Resource> {
  constructor(
    _evictor: unknown,
    _deque: unknown,
    _queue: unknown,
    factory: Factory<Resource>,
    options?: Options,
  ) {
    super(factory, options);
  }
}

const { Deque, PriorityQueue, DefaultEvictor } = genericPool as unknown as Record<string, unknown>;
export { DefaultEvictor, Deque, PriorityQueue };
