import { keys } from "../../keys.ts";
import type { Store } from "../../store.ts";
import type { Summary } from "./letter.ts";

/** Summaries that one command reads, some 500 characters each. */
const PAGE = 500;

/** Requests to Redis of one look, each for a page of every project that needs one. */
const MAX_ROUNDS = 20;

/** Which letters are meant: all conditions hold. Times in ms, both included; `error` is part of the error, in any case. */
export interface LetterFilter {
  plugin?: string | undefined;
  hook?: string | undefined;
  error?: string | undefined;
  from?: number | undefined;
  to?: number | undefined;
}

/** A place in the lists, newest first: by time (ms), letters of the same time by id. */
export interface Position {
  timeMs: number;
  id: string;
}

export interface FoundLetters {
  letters: Summary[];
  /** Where to go on, null when there is nothing more. The rest may hold none that is meant. */
  next: Position | null;
}

/**
 * Where a letter stood that is gone is found by putting it back for a moment. KEYS: list, summaries. ARGV: newest time, how many,
 * and if there is one, the time and id to go on after.
 */
const pageScript = `#!lua flags=allow-key-locking
local start
if ARGV[4] then
  local rank = redis.call('ZREVRANK', KEYS[1], ARGV[4])
  start = rank and rank + 1
  if not rank and redis.call('EXISTS', KEYS[1]) == 1 then
    redis.call('ZADD', KEYS[1], ARGV[3], ARGV[4])
    start = redis.call('ZREVRANK', KEYS[1], ARGV[4])
    redis.call('ZREM', KEYS[1], ARGV[4])
  end
else
  start = redis.call('ZCOUNT', KEYS[1], '(' .. ARGV[1], '+inf')
end
if not start then return {} end
local ids = redis.call('ZREVRANGE', KEYS[1], start, start + tonumber(ARGV[2]) - 1)
if #ids == 0 then return {} end
return redis.call('HMGET', KEYS[2], unpack(ids))`;

/** A project's list, as far as it has been read. */
interface Reading {
  project: string;
  read: Summary[];
  after: Position | null;
  exhausted: boolean;
}

/**
 * Finds letters of several projects, newest first: a request of 3 commands a project for each 500 looked at, at most 20.
 * Rejects when Redis does.
 */
export async function findLetters(
  store: Store,
  options: {
    projects: readonly string[];
    filter: LetterFilter;
    limit: number;
    after: Position | null;
    nowMs: number;
    /** Requests that it may take, where fewer do. */
    rounds?: number;
  },
): Promise<FoundLetters> {
  const { filter, limit, after, rounds: maxRounds = MAX_ROUNDS } = options;
  const fromMs = Math.max(filter.from ?? 0, options.nowMs - keys.deadLetterTtlSeconds * 1000);
  const matches = matcherOf(filter);
  const readings = options.projects.map((project): Reading => ({
    project,
    read: [],
    after,
    exhausted: false,
  }));
  const letters: Summary[] = [];
  let next = after;
  for (let rounds = 0; ;) {
    const behind = readings.filter(({ read, exhausted }) => read.length === 0 && !exhausted);
    if (behind.length > 0) {
      if (rounds === maxRounds) return { letters, next };
      rounds += 1;
      await readOn(store, behind, fromMs, filter.to ?? Number.MAX_SAFE_INTEGER);
      continue;
    }
    const newest = newestOf(readings);
    if (!newest) return { letters, next: null };
    if (letters.length === limit) return { letters, next };
    next = positionOf(newest);
    if (matches(newest)) letters.push(newest);
  }
}

/** Summaries of letters by id, in whichever of these projects they are. One request, a command a project. */
export async function summariesOf(
  store: Store,
  projects: readonly string[],
  ids: readonly string[],
): Promise<Summary[]> {
  if (projects.length === 0 || ids.length === 0) return [];
  const pipeline = store.pipeline();
  for (const project of projects) pipeline.hmget(keys.deadLetterSummaries(project), ...ids);
  const replies = await pipeline.exec<(readonly (string | null)[])[]>();
  return replies.flatMap(summariesIn);
}

async function readOn(
  store: Store,
  readings: readonly Reading[],
  fromMs: number,
  toMs: number,
): Promise<void> {
  const pipeline = store.pipeline();
  for (const { project, after } of readings) {
    pipeline.eval(
      pageScript,
      [keys.deadLetters(project), keys.deadLetterSummaries(project)],
      [String(toMs), String(PAGE), ...(after ? [String(after.timeMs), after.id] : [])],
    );
  }
  const pages = await pipeline.exec<(readonly (string | null)[])[]>();
  for (const [index, reading] of readings.entries()) {
    const page = pages[index] ?? [];
    const found = summariesIn(page);
    const last = found.at(-1);
    reading.read = found.filter(({ lastAt }) => Date.parse(lastAt) >= fromMs).toReversed();
    reading.after = last ? positionOf(last) : reading.after;
    reading.exhausted = page.length < PAGE || reading.read.length < found.length;
  }
}

/** Takes the newest letter of all that have been read, which each list holds last. */
function newestOf(readings: readonly Reading[]): Summary | undefined {
  let first: Reading | undefined;
  for (const reading of readings) {
    const candidate = reading.read.at(-1);
    const best = first?.read.at(-1);
    if (candidate && (!best || isNewer(candidate, best))) first = reading;
  }
  return first?.read.pop();
}

function isNewer(one: Summary, other: Summary): boolean {
  return one.lastAt === other.lastAt ? one.id > other.id : one.lastAt > other.lastAt;
}

function positionOf({ lastAt, id }: Summary): Position {
  return { timeMs: Date.parse(lastAt), id };
}

function summariesIn(texts: readonly (string | null)[]): Summary[] {
  return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as Summary]));
}

function matcherOf({ plugin, hook, error }: LetterFilter): (letter: Summary) => boolean {
  const text = error?.toLowerCase();
  return (letter) =>
    (plugin === undefined || letter.plugin === plugin) &&
    (hook === undefined || letter.hook === hook) &&
    (text === undefined || letter.error.toLowerCase().includes(text));
}
