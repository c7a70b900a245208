import { EventEmitter } from "node:events";
import pg from "pg";
import { createPerWork, type PerWork } from "../../per-work.ts";
import { forwardEvents } from "../forward-events.ts";
import { closeWhenIdle, type Config, Connection } from "./connection.ts";
import { createTypes, type Parse, type Types } from "./types.ts";

/** A client's connection in one piece of work. */
export interface Opened {
  connection: pg.Client;
  /** Set when the app connected in an earlier piece of work, and so does not in this one. */
  reconnecting: Promise<unknown> | null;
  close(): Promise<void>;
}

type Callback = (error: unknown, ...results: unknown[]) => void;

const EVENTS = ["connect", "drain", "end", "notice", "notification"];

/**
 * `pg.Client` for apps: once connected it stays so until `end`, though each piece of work has a connection of its own,
 * opened at its first query. A class, because apps say `new Client()`.
 */
export class Client extends EventEmitter {
  readonly user: string | undefined;
  readonly database: string | undefined;
  readonly port: number;
  readonly host: string;
  readonly ssl: unknown;
  readonly #config: Config;
  readonly #types: Types;
  readonly #work: PerWork<Opened>;
  #state: "new" | "connected" | "ended" = "new";

  /** Throws what is wrong with the configuration, as `pg` does; it connects to nothing. */
  constructor(config: Config) {
    super();
    this.#types = createTypes(config.types as Types);
    this.#config = { ...config, types: this.#types as Config["types"] };
    const { user, database, port, host, ssl } = new pg.Client(this.#config);
    this.user = user;
    this.database = database;
    this.port = port;
    this.host = host;
    this.ssl = ssl;
    this.#work = createPerWork("pg", {
      open: () => this.#open(),
      close: ({ connection, close }, forget) => closeWhenIdle(connection, forget, close),
    });
  }

  connect(callback?: Callback): unknown {
    if (this.#state === "ended" && !this.#work.existing()) this.#state = "new";
    const { connection, reconnecting } = this.#work.current();
    this.#state = "connected";
    const connected = (reconnecting ?? connection.connect()).then(() => this);
    return callback ? void connected.then((client) => callback(null, client), callback) : connected;
  }

  /** Everything that `pg` takes: text, values, a configuration, a callback, or an object that submits itself. */
  query(...call: unknown[]): unknown {
    const { connection, reconnecting } = this.#work.current();
    const run = () => Reflect.apply(connection.query, connection, call);
    if (!reconnecting || isSubmittable(call[0])) return run();
    // Waits for the connection, so that a query says why there is none.
    const callback = call.findLast((value) => typeof value === "function");
    return callback ? void reconnecting.then(run, callback as Callback) : reconnecting.then(run);
  }

  end(callback?: () => void): unknown {
    this.#state = "ended";
    const ended = this.#work.existing()?.connection.end() ?? Promise.resolve();
    return callback ? void ended.then(callback) : ended;
  }

  setTypeParser(oid: number, format: "text" | "binary" | Parse, parse?: Parse): void {
    this.#types.setTypeParser(oid, format, parse);
  }

  getTypeParser(oid: number, format?: "text" | "binary"): Parse {
    return this.#types.getTypeParser(oid, format);
  }

  escapeIdentifier(text: string): string {
    return pg.escapeIdentifier(text);
  }

  escapeLiteral(text: string): string {
    return pg.escapeLiteral(text);
  }

  getTransactionStatus(): string | null {
    return this.#work.existing()?.connection.getTransactionStatus() ?? null;
  }

  get processID(): number | null {
    const connection: (pg.Client & { processID?: number }) | undefined = this.#work.existing()?.connection;
    return connection?.processID ?? null;
  }

  /** On Node these say whether a connection keeps the process alive; here the gateway does. */
  ref(): void {}
  unref(): void {}

  /** Takes over a connection that a pool has lent, as that of the work under way. */
  protected adopt(opened: Opened): void {
    this.#state = "connected";
    this.#work.adopt(opened);
  }

  /** Whether a connection is still that of the work under way. */
  protected holds(connection: pg.Client): boolean {
    return this.#work.existing()?.connection === connection;
  }

  /** Gives the connection of the work under way away; from now on queries are refused. */
  protected giveUp(): void {
    this.#state = "ended";
    this.#work.forget();
  }

  #open(): Opened {
    const connection = new Connection(this.#config);
    forwardEvents("pg", connection, this, EVENTS, ["error"]);
    // Ended at once, so that `pg` itself answers queries as it does for such a client.
    if (this.#state === "ended") void connection.end();
    const reconnecting = this.#state === "connected" ? connection.connect() : null;
    // Each query says it; one that nobody awaits must not be an unhandled rejection.
    reconnecting?.catch(() => {});
    return { connection, reconnecting, close: () => connection.end() };
  }
}

/** Query objects such as those of `pg-cursor` put themselves on the connection. */
function isSubmittable(value: unknown): boolean {
  return typeof value === "object" && value !== null && "submit" in value;
}
