import { keys } from "../keys.ts";
import type { Store } from "../store.ts";

/** The right to run a task, held by one owner at a time anywhere. */
export interface Leases {
  /** Takes a lease that nobody holds. One command. */
  acquire(key: string, owner: string): Promise<boolean>;
  /** Takes a lease over from the owner who handed it on; false when that one has it no more. */
  takeOver(key: string, from: string, owner: string): Promise<boolean>;
  /** Lengthens one's own lease; false when it has been lost. */
  renew(key: string, owner: string): Promise<boolean>;
  /** Gives one's own lease back; does nothing when it has been lost. */
  release(key: string, owner: string): Promise<void>;
}

const takeOverScript = `#!lua flags=allow-key-locking
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`;

const renewScript = `#!lua flags=allow-key-locking
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

const releaseScript = `#!lua flags=allow-key-locking
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

/** A lease ends by itself when its owner stops renewing it, so that a crashed run blocks nobody for long. */
export function createLeases(store: Store): Leases {
  const ttl = String(keys.taskLeaseTtlMs);
  return {
    acquire: async (key, owner) =>
      (await store.set(key, owner, { nx: true, px: keys.taskLeaseTtlMs })) !== null,
    takeOver: async (key, from, owner) =>
      Number(await store.eval(takeOverScript, [key], [from, owner, ttl])) === 1,
    renew: async (key, owner) => Number(await store.eval(renewScript, [key], [owner, ttl])) === 1,
    async release(key, owner) {
      await store.eval(releaseScript, [key], [owner]);
    },
  };
}
