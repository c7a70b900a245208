import { EventEmitter } from "node:events";
import pg from "pg";
import { CLOSE_GRACE_MS, createPerWork } from "../../per-work.ts";
import { forwardEvents } from "../forward-events.ts";
import { type Config, Connection } from "./connection.ts";
import { LentClient } from "./lent-client.ts";

/** A Worker may hold six connections at a time; one is left for everything else that the work has to do. */
const MAX_CONNECTIONS = 5;

/** A pool's connections in one piece of work. */
interface Opened {
  pool: pg.Pool;
  connected: ReadonlySet<pg.Client>;
}

type Callback = (error: unknown, client?: LentClient, release?: (error?: Error | boolean) => void) => void;

/**
 * `pg.Pool` for apps: one that they make once and keep, with connections for each piece of work. `max` counts within a
 * piece of work, and is at most 5. A class, because apps say `new Pool()`.
 */
export class Pool extends EventEmitter {
  readonly options: pg.PoolOptions;
  readonly #config: Config;
  readonly #work = createPerWork("pg", { open: () => this.#open(), close });
  #hasEnded = false;

  constructor(config: Config) {
    super();
    this.#config = config;
    this.options = new pg.Pool(config).options;
  }

  connect(callback?: Callback): unknown {
    const { pool } = this.#work.current();
    const lent = pool.connect().then((connection) => new LentClient(this.#config, connection));
    if (!callback) return lent;
    return void lent.then(
      (client) => callback(null, client, (error) => client.release(error)),
      (error) => callback(error, undefined, () => {}),
    );
  }

  query(...call: unknown[]): unknown {
    const { pool } = this.#work.current();
    return Reflect.apply(pool.query, pool, call);
  }

  end(callback?: () => void): unknown {
    this.#hasEnded = true;
    const ended = this.#work.existing()?.pool.end() ?? Promise.resolve();
    return callback ? void ended.then(callback, callback) : ended;
  }

  get ending(): boolean {
    return this.#hasEnded;
  }

  get ended(): boolean {
    return this.#hasEnded && (this.#work.existing()?.pool.ended ?? true);
  }

  get totalCount(): number {
    return this.#work.existing()?.pool.totalCount ?? 0;
  }

  get idleCount(): number {
    return this.#work.existing()?.pool.idleCount ?? 0;
  }

  get waitingCount(): number {
    return this.#work.existing()?.pool.waitingCount ?? 0;
  }

  #open(): Opened {
    const max = Math.min(this.options.max, MAX_CONNECTIONS);
    // `Client` is what the pool makes its connections with; the types do not know the option.
    const options = { ...this.#config, max, Client: Connection };
    const pool = new pg.Pool(options);
    const connected = new Set<pg.Client>();
    forwardEvents("pg", pool, this, ["connect", "acquire", "release", "remove"], ["error"]);
    pool.on("connect", (client) => connected.add(client as unknown as pg.Client));
    pool.on("remove", (client) => connected.delete(client as unknown as pg.Client));
    // Ended at once, so that `pg` itself answers as it does for such a pool.
    if (this.#hasEnded) void pool.end();
    return { pool, connected };
  }
}

/** Ends a pool once every query that waits has a connection, and closes after the grace what is still in use. */
function close({ pool, connected }: Opened, forget: () => void): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      clearTimeout(grace);
      resolve();
    };
    const settleIfClosed = () => {
      if (pool.ended && connected.size === 0) settle();
    };
    const endIfNoneWaits = () => {
      if (pool.waitingCount > 0) return;
      forget();
      pool.off("acquire", endIfNoneWaits);
      if (!pool.ending) pool.end(settleIfClosed);
    };
    const grace = setTimeout(() => {
      for (const connection of connected) void connection.end();
      settle();
    }, CLOSE_GRACE_MS);
    pool.on("remove", settleIfClosed);
    pool.on("acquire", endIfNoneWaits);
    endIfNoneWaits();
    settleIfClosed();
  });
}
