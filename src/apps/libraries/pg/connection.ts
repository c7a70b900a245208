import pg from "pg";
import { CLOSE_GRACE_MS } from "../../per-work.ts";
import { currentInvocation } from "../../scope.ts";

/** For making a connection and logging in, unless the app sets `connectionTimeoutMillis`. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Configuration of a client or a pool, as an app gives it. */
export type Config = pg.PoolConfig;

/** What `pg` knows of a connection and does not document: it is pinned to one version, and tests hold it to this. */
type Inside = pg.Client & {
  readyForQuery?: boolean;
  _connecting: boolean;
  _ending: boolean;
  _ended: boolean;
};

/** A connection of one piece of work. Counts against the platform's subrequests. */
export class Connection extends pg.Client {
  constructor(config: Config = {}) {
    const { password, connectionTimeoutMillis = CONNECT_TIMEOUT_MS } = config;
    // A pool hides the password in its options from being listed, and so from being spread.
    super({ ...config, ...(password === undefined ? {} : { password }), connectionTimeoutMillis });
    const scope = currentInvocation.getStore()?.scope;
    if (scope) scope.subrequests += 1;
  }

  override connect(): Promise<pg.Client>;
  override connect(callback: (error: Error | null) => void): void;
  override connect(callback?: (error: Error | null) => void): Promise<pg.Client> | void {
    if (!this.ssl || !isWorkers()) return callback ? super.connect(callback) : super.connect();
    const connected = super.connect().catch(explainTls);
    if (!callback) return connected;
    connected.then(() => callback(null), callback);
  }

  /** On Workers a socket that is closed on purpose reports an error, which is none. */
  override emit(event: string | symbol, ...values: unknown[]): boolean {
    if (event === "error" && (this as unknown as Inside)._ending) return false;
    return super.emit(event as "error", ...(values as [Error]));
  }
}

/** Decides as `pg` does which sockets it takes. */
function isWorkers(): boolean {
  return globalThis.navigator?.userAgent === "Cloudflare-Workers";
}

/** Workers check the certificate whatever `ssl` says, and call it an internal error. */
function explainTls(error: Error): never {
  if (error instanceof pg.DatabaseError) throw error;
  const demand = "a certificate of a public authority for the name in `host`, whatever `ssl` says";
  throw new Error(`PostgreSQL over TLS: ${error.message}. Workers demand ${demand}`, { cause: error });
}

/**
 * Closes a connection as soon as no query is under way and no transaction is open, at the latest after the grace; an app
 * that goes on at once with its next query is waited for. `forget` is called when it takes no more queries.
 */
export async function closeWhenIdle(
  connection: pg.Client,
  forget: () => void,
  close: () => Promise<void>,
): Promise<void> {
  await new Promise<void>((resolve) => onceIdle(connection, () => resolve(forget())));
  // A server that does not answer any more is left.
  const timer = setTimeout(() => connection.connection.stream.destroy(), CLOSE_GRACE_MS);
  try {
    await close();
  } finally {
    clearTimeout(timer);
  }
}

function onceIdle(connection: pg.Client, then: () => void): void {
  if (isIdle(connection)) return then();
  let turn: ReturnType<typeof setTimeout> | undefined;
  const settle = () => {
    clearTimeout(grace);
    clearTimeout(turn);
    for (const event of events) connection.off(event as "end", look);
    then();
  };
  const look = () => {
    clearTimeout(turn);
    turn = setTimeout(() => isIdle(connection) && settle(), 0);
  };
  const events = ["connect", "drain", "end"] as const;
  for (const event of events) connection.on(event as "end", look);
  const grace = setTimeout(settle, CLOSE_GRACE_MS);
}

/** Never connected, connected and in no query and no transaction, or over. */
function isIdle(connection: pg.Client): boolean {
  const { readyForQuery, _connecting: isConnecting, _ended: isEnded } = connection as Inside;
  const status = connection.getTransactionStatus();
  return isEnded || (status === null ? !isConnecting : readyForQuery === true && status === "I");
}
