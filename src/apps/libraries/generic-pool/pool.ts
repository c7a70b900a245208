import { EventEmitter } from "node:events";
import genericPool, { type Factory, type Options, type Pool as PackagePool } from "generic-pool";
import { CLOSE_GRACE_MS, createPerWork } from "../../per-work.ts";
import { forwardEvents } from "../forward-events.ts";
import { withPauses } from "./factory.ts";

/** For getting a resource, unless the app sets `acquireTimeoutMillis`. */
const ACQUIRE_TIMEOUT_MS = 20_000;

/** A pool's resources in one piece of work. */
interface Opened<Resource> {
  pool: PackagePool<Resource>;
  borrowed: Set<Resource>;
}

/**
 * The pool of `generic-pool` for apps: one that they make once and keep, with resources for each piece of work. What is
 * not released is destroyed when the work ends. A class, because that is what `createPool` makes.
 */
export class Pool<Resource> extends EventEmitter {
  readonly #factory: Factory<Resource>;
  readonly #options: Options;
  /** Understands the options; never makes resources. */
  readonly #pattern: PackagePool<Resource>;
  readonly #work = createPerWork("generic-pool", { open: () => this.#open(), close });
  /** Where borrowed resources belong, for those that come back when their work has ended. */
  readonly #lenders = new Map<Resource, Opened<Resource>>();
  #isDraining = false;

  /** Throws what is wrong with the factory, as the package does. */
  constructor(factory: Factory<Resource>, options: Options = {}) {
    super();
    this.#factory = factory;
    this.#options = {
      ...options,
      acquireTimeoutMillis: options.acquireTimeoutMillis ?? ACQUIRE_TIMEOUT_MS,
      // Nothing lies idle for longer than a piece of work.
      evictionRunIntervalMillis: 0,
    };
    this.#pattern = genericPool.createPool(factory, { ...this.#options, autostart: false });
  }

  async acquire(priority?: number): Promise<Resource> {
    const opened = this.#work.current();
    const resource = await opened.pool.acquire(priority);
    opened.borrowed.add(resource);
    this.#lenders.set(resource, opened);
    return resource;
  }

  release(resource: Resource): Promise<void> {
    return this.#returnTo(resource).release(resource);
  }

  destroy(resource: Resource): Promise<void> {
    return this.#returnTo(resource).destroy(resource);
  }

  async use<Result>(
    work: (resource: Resource) => Result | Promise<Result>,
    priority?: number,
  ): Promise<Result> {
    const resource = await this.acquire(priority);
    let result: Result;
    try {
      result = await work(resource);
    } catch (error) {
      await this.destroy(resource);
      throw error;
    }
    await this.release(resource);
    return result;
  }

  /** Resolves when `min` resources have been made; rejects when they cannot be. */
  async ready(): Promise<void> {
    const resources = await Promise.all(Array.from({ length: this.min }, () => this.acquire()));
    await Promise.all(resources.map((resource) => this.release(resource)));
  }

  /** From now on nothing can be acquired; resolves when all that this piece of work has borrowed is back. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    await this.#work.existing()?.pool.drain();
  }

  async clear(): Promise<void> {
    await this.#work.existing()?.pool.clear();
  }

  /** Resources are made when they are asked for. */
  start(): void {}

  isBorrowedResource(resource: Resource): boolean {
    return this.#lenders.get(resource)?.borrowed.has(resource) ?? false;
  }

  get size(): number {
    return this.#now.size;
  }
  get available(): number {
    return this.#now.available;
  }
  get borrowed(): number {
    return this.#now.borrowed;
  }
  get pending(): number {
    return this.#now.pending;
  }
  get spareResourceCapacity(): number {
    return this.#now.spareResourceCapacity;
  }
  get max(): number {
    return this.#pattern.max;
  }
  get min(): number {
    return this.#pattern.min;
  }

  get #now(): PackagePool<Resource> {
    return this.#work.existing()?.pool ?? this.#pattern;
  }

  #open(): Opened<Resource> {
    const pool = genericPool.createPool(withPauses(this.#factory), this.#options);
    forwardEvents("generic-pool", pool, this, [], ["factoryCreateError", "factoryDestroyError"]);
    // Drained at once, so that the package itself answers as it does for such a pool.
    if (this.#isDraining) void pool.drain();
    return { pool, borrowed: new Set() };
  }

  /** The pool that lent a resource; the same resource may be lent by several, if the factory makes only one. */
  #returnTo(resource: Resource): PackagePool<Resource> {
    const here = this.#work.existing();
    const lender = here?.borrowed.has(resource) ? here : this.#lenders.get(resource);
    if (!lender) return this.#now;
    lender.borrowed.delete(resource);
    if (this.#lenders.get(resource) === lender) this.#lenders.delete(resource);
    return lender.pool;
  }
}

/** Destroys what a piece of work has left; what is still borrowed, after the grace. */
async function close<Resource>({ pool, borrowed }: Opened<Resource>, forget: () => void): Promise<void> {
  forget();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const grace = new Promise((resolve) => {
    timer = setTimeout(resolve, CLOSE_GRACE_MS);
  });
  await Promise.race([pool.drain(), grace]);
  clearTimeout(timer);
  for (const resource of borrowed) void pool.destroy(resource);
  borrowed.clear();
  await pool.clear();
}
