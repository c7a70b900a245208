import { keys } from "../../keys.ts";
import type { LogLevel } from "../log.ts";
import type { CommandBatch } from "./command-batch.ts";

/** Nesting up to which a value of `global` is looked at; deeper ones count as not JSON. */
const MAX_DEPTH = 32;

/**
 * `meta.global`: one object per instance. What is JSON in it is kept in Redis under the instance's version, so that a
 * fresh isolate starts where others are (decisions 11). Last writer wins.
 */
export interface AppGlobal {
  readonly object: Record<string, unknown>;
  /** After set-up: stored values, as Redis holds them or null, fill the keys that set-up left unset. No command. */
  fill(text: string | null): void;
  /** Reads what is stored, for {@link fill}. One Redis command. */
  read(commands: CommandBatch): Promise<string | null>;
  /** After an invocation: writes when something changed. No command, and nothing to wait for, when nothing did. */
  save(commands: CommandBatch): Promise<void> | undefined;
}

export function createAppGlobal(options: {
  project: string;
  plugin: string;
  version: string;
  /** What an older revision of the configuration stored is not taken over. */
  revision: number;
  log: (level: LogLevel, message: string) => void;
}): AppGlobal {
  const key = keys.appGlobal(options.project, options.plugin, options.version);
  const object: Record<string, unknown> = {};
  const prefix = `${options.revision} `;
  const keptInIsolate = new Set<string>();
  let stored = "{}";
  let shared = true;

  return {
    object,

    fill(text) {
      for (const [name, value] of Object.entries(object)) {
        if (!isJson(value)) keptInIsolate.add(name);
      }
      if (text?.startsWith(prefix)) {
        const values = JSON.parse(text.slice(prefix.length)) as Record<string, unknown>;
        for (const [name, value] of Object.entries(values)) {
          if (!(name in object)) object[name] = value;
        }
      }
      stored = serialise();
    },

    async read(commands) {
      const text = await commands.run((redis) => redis.get(key));
      return typeof text === "string" ? text : null;
    },

    save(commands) {
      if (!shared) return undefined;
      const foreign = foreignName();
      if (foreign !== undefined) {
        shared = false;
        options.log(
          "INFO",
          `global.${foreign} is not JSON, so this app's global is no longer shared between isolates`,
        );
        return undefined;
      }
      const text = serialise();
      if (text === stored) return undefined;
      stored = text;
      return commands
        .run((redis) => redis.set(key, prefix + text, { ex: keys.appGlobalTtlSeconds }))
        .then(
          () => undefined,
          (error: Error) => options.log("WARN", `global could not be stored: ${error.message}`),
        );
    },
  };

  /** The first value that is not JSON. One that cannot even be looked at is none. */
  function foreignName(): string | undefined {
    return Object.keys(object).find((name) => {
      try {
        return !keptInIsolate.has(name) && !isJson(object[name]);
      } catch {
        return true;
      }
    });
  }

  function serialise(): string {
    const values: Record<string, unknown> = {};
    for (const name in object) {
      if (!keptInIsolate.has(name)) values[name] = object[name];
    }
    return JSON.stringify(values);
  }
}

function isJson(value: unknown, depth = 0): boolean {
  if (value === null || value === undefined) return true;
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      break;
    default:
      return false;
  }
  if (depth >= MAX_DEPTH) return false;
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth + 1));
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return Object.values(value).every((item) => isJson(item, depth + 1));
}
