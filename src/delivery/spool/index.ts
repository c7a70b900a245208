import { Buffer } from "node:buffer";
import { keys } from "../../keys.ts";
import type { Store } from "../../store.ts";
import { within } from "../../within.ts";
import type { OutgoingMessage } from "../queue.ts";
import { nameOf, sizeOf, writeEntry } from "./entry.ts";

/** With a chain's 6 s and QStash's 2 s, an SDK that waits for 10 s still hears the answer. */
const SPOOL_TIMEOUT_MS = 1000;

/** Characters, and messages, of one Redis request: Upstash takes 10 MB, and a character is up to 3 bytes. */
const MAX_PUT_CHARACTERS = 2_500_000;
const MAX_PUT_MESSAGES = 1000;

/**
 * All messages or none; a message that waits already, waits once. KEYS: order, bytes, then a key for each message. ARGV: now
 * (ms), most bytes, life time in s, then for each message its name and its text. Returns 0 when the spool is full. Places in
 * the line are a millisecond apart, so that those of one request keep their order, and clocks that differ put nobody behind.
 */
const putScript = `#!lua flags=allow-key-locking
local names, texts, at, added = {}, {}, {}, 0
for i = 3, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 0 then
    local name = ARGV[4 + (i - 3) * 2]
    names[#names + 1] = name
    texts[#texts + 1] = ARGV[5 + (i - 3) * 2]
    at[#at + 1] = KEYS[i]
    added = added + tonumber(string.match(name, '^%d+'))
  end
end
if #names == 0 then return 1 end
if tonumber(redis.call('GET', KEYS[2]) or '0') + added > tonumber(ARGV[2]) then return 0 end
local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
local place = math.max(tonumber(ARGV[1]), tonumber(last or '0') + 1)
local placed = {}
for i, name in ipairs(names) do
  redis.call('SET', at[i], texts[i], 'EX', ARGV[3])
  placed[i * 2 - 1] = string.format('%.0f', place + i - 1)
  placed[i * 2] = name
end
redis.call('ZADD', KEYS[1], unpack(placed))
redis.call('INCRBY', KEYS[2], string.format('%.0f', added))
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[3])
return 1`;

/** Messages that QStash did not take, in Redis, in order of arrival, until `drain` publishes them. */
export interface Spool {
  /**
   * Keeps messages durably: one request up to 2.5 million characters, all of these or none; 8 commands, 2 for each further
   * message. Rejects when Redis does not answer within a second, or when the spool would be larger than `SPOOL_MAX_BYTES`.
   */
  put(messages: readonly OutgoingMessage[]): Promise<void>;
}

export function createSpool(options: { store: Store; maxBytes: number; nowMs: () => number }): Spool {
  const { store, maxBytes, nowMs } = options;

  async function putTogether(entries: readonly Entry[]): Promise<void> {
    const isKept = await store.eval(
      putScript,
      [keys.spool, keys.spoolBytes, ...entries.map(({ message }) => keys.spooled(message.route, message.id))],
      [
        ...[nowMs(), maxBytes, keys.spoolTtlSeconds].map(String),
        ...entries.flatMap(({ message, text }) => [nameOf(message, sizeOf(Buffer.byteLength(text))), text]),
      ],
    );
    if (Number(isKept) !== 1) throw new Error(`it holds ${maxBytes} bytes already (SPOOL_MAX_BYTES)`);
  }

  async function putAll(entries: readonly Entry[]): Promise<void> {
    for (const part of partsOf(entries)) await putTogether(part);
  }

  return {
    put(messages) {
      const entries = messages.map((message) => ({ message, text: writeEntry(message, nowMs()) }));
      const late = () => new Error(`Redis gave no answer within ${SPOOL_TIMEOUT_MS / 1000} s`);
      return within(SPOOL_TIMEOUT_MS, putAll(entries), late);
    },
  };
}

interface Entry {
  message: OutgoingMessage;
  text: string;
}

/** As few parts as Redis' limits allow. */
function partsOf(entries: readonly Entry[]): Entry[][] {
  const parts: Entry[][] = [];
  let characters = 0;
  for (const entry of entries) {
    const part = parts.at(-1);
    characters += entry.text.length;
    if (part && characters <= MAX_PUT_CHARACTERS && part.length < MAX_PUT_MESSAGES) part.push(entry);
    else {
      parts.push([entry]);
      characters = entry.text.length;
    }
  }
  return parts;
}
