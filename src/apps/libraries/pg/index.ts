import pg from "pg";
import { Client as SharedClient } from "./client.ts";
import type { Config } from "./connection.ts";
import { Pool as SharedPool } from "./pool.ts";
import { createTypes, type Parse, type Types } from "./types.ts";

const INT4 = 23;
const INT8 = 20;
const INT4_ARRAY = 1007;
const INT8_ARRAY = 1016;

/**
 * `pg` (node-postgres) for one instance of an app: clients and pools that an app may keep, and `types` and `defaults` of
 * its own, which in the package itself would be everybody's.
 */
export default function createPg() {
  const types = createTypes();
  const defaults = createDefaults(types);

  const configure = (given: Config | string = {}): Config => {
    const config = typeof given === "string" ? { connectionString: given } : given;
    return { ...changed(defaults), ...config, types: config.types ?? (types as Config["types"]) };
  };
  class Client extends SharedClient {
    constructor(config?: Config | string) {
      super(configure(config));
    }
  }
  class Pool extends SharedPool {
    constructor(config?: Config | string) {
      super(configure(config));
    }
  }
  return { ...pg, Client, Pool, types, defaults, native: null };
}

/** The package's defaults, with the one that is a switch for types. */
function createDefaults(types: Types): Record<string, unknown> {
  const packages: Record<string, unknown> = { ...pg.defaults };
  delete packages["parseInt8"];
  return Object.defineProperty(packages, "parseInt8", {
    set(isNumber: boolean) {
      setInt8(types, isNumber);
    },
  });
}

function setInt8(types: Types, isNumber: boolean): void {
  const original = createTypes();
  const parser = (oid: number): Parse => original.getTypeParser(oid, "text");
  types.setTypeParser(INT8, "text", parser(isNumber ? INT4 : INT8));
  types.setTypeParser(INT8_ARRAY, "text", parser(isNumber ? INT4_ARRAY : INT8_ARRAY));
}

/** What the app has set of them. */
function changed(defaults: Record<string, unknown>): Record<string, unknown> {
  const original = pg.defaults as Record<string, unknown>;
  return Object.fromEntries(Object.entries(defaults).filter(([name, value]) => value !== original[name]));
}
