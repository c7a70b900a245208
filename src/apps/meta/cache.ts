import { keys } from "../../keys.ts";
import { IllegalOperationError } from "../errors.ts";
import { requireInvocation } from "../scope.ts";
import type { AddCommand } from "./command-batch.ts";

const MAX_LPUSH_ELEMENTS = 1000;

export interface CacheOptions {
  /** false stores and returns plain text. Default true. */
  jsonSerialize?: boolean;
}

/** `meta.cache`, as promised to app authors (runtime 2.2). Each call costs one Redis command. */
export interface AppCache {
  set(key: string, value: unknown, ttlSeconds?: number | string, options?: CacheOptions): Promise<void>;
  get(key: string, defaultValue?: unknown, options?: CacheOptions): Promise<unknown>;
  incr(key: string): Promise<number>;
  expire(key: string, ttlSeconds: number): Promise<boolean>;
  lpush(key: string, elementOrArray: string | unknown[]): Promise<number>;
  lrange(key: string, startIndex: number, endIndex: number): Promise<string[]>;
  llen(key: string): Promise<number>;
  lpop(key: string, count: number): Promise<string[]>;
  lrem(key: string, count: number, element: string): Promise<number>;
}

/** Keys are scoped by project and folder: two projects never share, nor do two apps. */
export function createAppCache(project: string, plugin: string): AppCache {
  const keyOf = (key: string) => keys.appCache(project, plugin, String(key));
  const run = (add: AddCommand) => requireInvocation("cache").scope.commands.run(add);
  const requireNumber = (value: unknown, message: string) => {
    if (typeof value !== "number") throw new Error(message);
  };

  return {
    async set(key, value, ttlSeconds, options) {
      const text = options?.jsonSerialize === false ? String(value) : (JSON.stringify(value) ?? "null");
      const ttl = Number(ttlSeconds);
      await run((redis) =>
        ttl > 0 ? redis.set(keyOf(key), text, { ex: Math.ceil(ttl) }) : redis.set(keyOf(key), text),
      );
    },

    async get(key, defaultValue, options) {
      const text = await run((redis) => redis.get(keyOf(key)));
      if (text === null || text === undefined) return defaultValue;
      return options?.jsonSerialize === false ? text : parseStored(String(text));
    },

    async incr(key) {
      return Number(await run((redis) => redis.incr(keyOf(key))));
    },

    async expire(key, ttlSeconds) {
      const seconds = Number(ttlSeconds);
      // @upstash/redis drops an argument of 0; to expire at once is to delete.
      const reply = await run((redis) =>
        seconds > 0 ? redis.expire(keyOf(key), Math.ceil(seconds)) : redis.del(keyOf(key)),
      );
      return Number(reply) === 1;
    },

    async lpush(key, elementOrArray) {
      if (typeof elementOrArray !== "string" && !Array.isArray(elementOrArray)) {
        throw new Error("cache.lpush expects a string value or an array of strings");
      }
      if (elementOrArray.length > MAX_LPUSH_ELEMENTS && Array.isArray(elementOrArray)) {
        throw new IllegalOperationError(
          `Too many elements in array for cache.lpush. Maximum: ${MAX_LPUSH_ELEMENTS}`,
        );
      }
      const elements = Array.isArray(elementOrArray) ? elementOrArray.map(String) : [elementOrArray];
      return Number(await run((redis) => redis.lpush(keyOf(key), ...elements)));
    },

    async lrange(key, startIndex, endIndex) {
      const message = "cache.lrange expects a number for the start and end indexes";
      requireNumber(startIndex, message);
      requireNumber(endIndex, message);
      return asList(await run((redis) => redis.lrange(keyOf(key), startIndex, endIndex)));
    },

    async llen(key) {
      return Number(await run((redis) => redis.llen(keyOf(key))));
    },

    async lpop(key, count) {
      requireNumber(count, 'cache.lpop expects a number for the "count" argument');
      return asList(await run((redis) => redis.lpop(keyOf(key), count)));
    },

    async lrem(key, count, element) {
      requireNumber(count, 'cache.lrem expects a number for the "count" argument');
      return Number(await run((redis) => redis.lrem(keyOf(key), count, element)));
    },
  };
}

/** Text that is not JSON reads as null, as in PostHog. */
function parseStored(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function asList(reply: unknown): string[] {
  if (reply === null || reply === undefined) return [];
  return Array.isArray(reply) ? reply.map(String) : [String(reply)];
}
