import { keys } from "../../keys.ts";
import { requireInvocation } from "../scope.ts";
import type { AddCommand } from "./command-batch.ts";

const MAX_KEY_LENGTH = 200;

/** `meta.storage`: what an app keeps for good, per project (runtime 2.3). One Redis command a call. */
export interface AppStorage {
  /** `undefined` deletes. */
  set(key: string, value: unknown): Promise<void>;
  /** The default only when nothing is stored; a stored null is null. */
  get(key: string, defaultValue?: unknown): Promise<unknown>;
  del(key: string): Promise<void>;
}

/** `meta.utils.cursor`: counters beside the storage that many isolates may move at once (runtime 2.4). */
export interface AppCursor {
  /** Sets the cursor unless it is set already. */
  init(key: string, initialValue?: number): Promise<void>;
  /** Adds atomically; resolves to the new value. A missing cursor starts at 0. */
  increment(key: string, incrementBy?: number): Promise<number>;
}

/** Writes that an app does not await are finished before the work that made them is acknowledged (decisions 14b). */
export function createAppStorage(
  project: string,
  plugin: string,
): { storage: AppStorage; cursor: AppCursor } {
  const keyOf = (key: string) => {
    const name = String(key);
    if (name.length > MAX_KEY_LENGTH) {
      throw new Error(`storage keys have at most ${MAX_KEY_LENGTH} characters, this one has ${name.length}`);
    }
    return keys.appStorage(project, plugin, name);
  };
  const run = (what: string, add: AddCommand, characters?: number) => {
    const { scope } = requireInvocation(what);
    const done = scope.commands.run(add, characters);
    scope.mustFinish(done);
    return done;
  };

  return {
    storage: {
      async set(key, value) {
        const name = keyOf(key);
        const text = JSON.stringify(value);
        await run(
          "storage",
          (redis) => (text === undefined ? redis.del(name) : redis.set(name, text)),
          text?.length,
        );
      },
      async get(key, defaultValue) {
        const name = keyOf(key);
        const text = await run("storage", (redis) => redis.get(name));
        return typeof text === "string" ? JSON.parse(text) : defaultValue;
      },
      async del(key) {
        const name = keyOf(key);
        await run("storage", (redis) => redis.del(name));
      },
    },
    cursor: {
      async init(key, initialValue = 0) {
        if (typeof initialValue !== "number") throw new Error("The cursor's initial value must be a number!");
        const name = keyOf(key);
        await run("utils.cursor", (redis) => redis.set(name, String(initialValue), { nx: true }));
      },
      async increment(key, incrementBy) {
        if (incrementBy && typeof incrementBy !== "number") {
          throw new Error("The incrementBy value must be a number!");
        }
        const name = keyOf(key);
        return Number(await run("utils.cursor", (redis) => redis.incrbyfloat(name, incrementBy || 1)));
      },
    },
  };
}
