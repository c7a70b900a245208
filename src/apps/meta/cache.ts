import { keys } from "../../keys.ts";
import { IllegalOperationError } from "../errors.ts";
import { requireInvocation } from "../scope.ts";
import type { AddCommand } from "./command-batch.ts";

const MAX_LPUSH_ELEMENTS = 1000;
const MAX_KEY_LENGTH = 10_000;

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
  const keyOf = (key: string) => {
    const name = String(key);
    if (name.length > MAX_KEY_LENGTH) {
      throw new Error(`cache keys have at most ${MAX_KEY_LENGTH} characters, this one has ${name.length}`);
    }
    return keys.appCache(project, plugin, name);
  };
  const run = (add: AddCommand, characters?: number) =>
    requireInvocation("cache").scope.commands.run(add, characters);
  const requireNumber = (value: unknown, message: string) => {
    if (typeof value !== "number") throw new Error(message);
  };

  return {
    async set(key, value, ttlSeconds, options) {
      const name = keyOf(key);
      const text = options?.jsonSerialize === false ? String(value) : (JSON.stringify(value) ?? "null");
      const ttl = secondsOf(ttlSeconds || 0, "cache.set");
      if (ttl < 0) throw new Error(`cache.set: a key cannot live for ${ttl} seconds`);
      await run(
        (redis) => (ttl > 0 ? redis.set(name, text, { ex: ttl }) : redis.set(name, text)),
        text.length,
      );
    },

    async get(key, defaultValue, options) {
      const name = keyOf(key);
      const text = await run((redis) => redis.get(name));
      if (text === null || text === undefined) return defaultValue;
      return options?.jsonSerialize === false ? text : parseStored(String(text));
    },

    async incr(key) {
      const name = keyOf(key);
      return Number(await run((redis) => redis.incr(name)));
    },

    async expire(key, ttlSeconds) {
      const name = keyOf(key);
      const seconds = secondsOf(ttlSeconds, "cache.expire");
      // @upstash/redis drops an argument of 0; to expire at once is to delete.
      const reply = await run((redis) => (seconds > 0 ? redis.expire(name, seconds) : redis.del(name)));
      return Number(reply) === 1;
    },

    async lpush(key, elementOrArray) {
      const name = keyOf(key);
      if (typeof elementOrArray !== "string" && !Array.isArray(elementOrArray)) {
        throw new Error("cache.lpush expects a string value or an array of strings");
      }
      if (elementOrArray.length > MAX_LPUSH_ELEMENTS && Array.isArray(elementOrArray)) {
        throw new IllegalOperationError(
          `Too many elements in array for cache.lpush. Maximum: ${MAX_LPUSH_ELEMENTS}`,
        );
      }
      const elements = Array.isArray(elementOrArray) ? elementOrArray.map(String) : [elementOrArray];
      const characters = elements.reduce((sum, element) => sum + element.length, 0);
      return Number(await run((redis) => redis.lpush(name, ...elements), characters));
    },

    async lrange(key, startIndex, endIndex) {
      const name = keyOf(key);
      const message = "cache.lrange expects a number for the start and end indexes";
      requireNumber(startIndex, message);
      requireNumber(endIndex, message);
      return asList(await run((redis) => redis.lrange(name, startIndex, endIndex)));
    },

    async llen(key) {
      const name = keyOf(key);
      return Number(await run((redis) => redis.llen(name)));
    },

    async lpop(key, count) {
      const name = keyOf(key);
      requireNumber(count, 'cache.lpop expects a number for the "count" argument');
      return asList(await run((redis) => redis.lpop(name, count)));
    },

    async lrem(key, count, element) {
      const name = keyOf(key);
      requireNumber(count, 'cache.lrem expects a number for the "count" argument');
      const removed = String(element);
      return Number(await run((redis) => redis.lrem(name, count, removed)));
    },
  };
}

/** Whole seconds of a life time, which apps also take from their configuration as text. Throws for what is no number. */
function secondsOf(value: unknown, what: string): number {
  const seconds = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof seconds === "number" && Number.isFinite(seconds)) return Math.ceil(seconds);
  throw new Error(`${what} expects a number of seconds, not ${String(value)}`);
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
