import type pg from "pg";
import { forwardEvents } from "../forward-events.ts";
import { Client } from "./client.ts";
import type { Config } from "./connection.ts";

const EVENTS = ["drain", "end", "notice", "notification"];

/**
 * What `pool.connect()` gives an app. In the work that asked for it, it is a connection of the pool; an app that keeps it
 * for longer gets one of its own in each later piece of work. If it is not released, it is closed when its work ends.
 */
export class LentClient extends Client {
  readonly #connection: pg.PoolClient;
  /** The pool makes a new one each time it lends the connection. */
  readonly #giveBack: pg.PoolClient["release"];
  readonly #stopForwarding: () => void;
  #isReleased = false;

  constructor(config: Config, connection: pg.PoolClient) {
    super(config);
    this.#connection = connection;
    this.#giveBack = connection.release;
    this.#stopForwarding = forwardEvents("pg", connection, this, EVENTS, ["error"]);
    this.adopt({ connection, reconnecting: null, close: async () => this.#return(true) });
  }

  /**
   * Gives the connection back to the pool; an error, or true, makes the pool close it. Throws when it has been given back
   * already.
   */
  release(error?: Error | boolean): void {
    if (!this.#isReleased && !this.holds(this.#connection)) return void this.end();
    this.#isReleased = true;
    this.giveUp();
    this.#return(error);
  }

  #return(error?: Error | boolean): void {
    this.#stopForwarding();
    this.#giveBack(error);
  }
}
