import { keys } from "../../keys.ts";
import type { Store } from "../../store.ts";
import { type Breakers, probeIntervalMs } from "../breaker/health.ts";
import { MARK_WINDOW_MS, MARKS_PER_COMMAND, MAX_MARKS, type Question } from "./marks.ts";

/** How long a message belongs to the run that began it; a run that goes on renews that. A crashed one blocks it no longer. */
export const LEASE_MS = 30_000;

/** Characters of a message's id that stand in its marks: the last ones, since the first of a UUID tell the time. */
const TAG_LENGTH = 12;

/**
 * KEYS: progress, outbox, breakers, and if there are uuids to ask about: the marks of this span and of the one before.
 * ARGV: now, lease in ms, owner, life time of progress in s, tag, life time of marks in s, most marks, window in ms, marks a
 * command, name of the destination that the message would probe or '', ms until the next probe of an open one and of a parked
 * one, life time of breakers in s, then the marks' names. Returns `done`; `busy` and for how many ms; or `begun`, the
 * progress, the outbox, the breakers, and whether the message is the probe that is due.
 *
 * The verdict on duplicates is kept with the progress: a message that comes again is not asked again, and so never takes its
 * own marks, or those that others set meanwhile, for a duplicate.
 */
const beginScript = `#!lua flags=allow-key-locking
local now = tonumber(ARGV[1])
local texts = redis.call('MGET', KEYS[1], KEYS[3])
local text = texts[1]
local progress = text == 'done' and {done = true} or text and cjson.decode(text) or {steps = {}}
if progress.done then
  redis.call('EXPIRE', KEYS[1], ARGV[4])
  return {'done'}
end
local free_at = progress.untilMs or 0
if free_at > now and progress.owner ~= ARGV[3] then return {'busy', free_at - now} end

if not progress.repeats and #KEYS == 5 then
  local tag, window, per_command = ARGV[5], tonumber(ARGV[8]), tonumber(ARGV[9])
  local repeats, fresh, first = {}, {}, 14
  for from = first, #ARGV, per_command do
    local to = math.min(from + per_command - 1, #ARGV)
    local current = redis.call('HMGET', KEYS[4], unpack(ARGV, from, to))
    local earlier = redis.call('HMGET', KEYS[5], unpack(ARGV, from, to))
    for i = 1, to - from + 1 do
      local mark = current[i] or earlier[i]
      local owner, at = string.match(mark or '', '^(.-) (%d+)$')
      if owner and owner ~= tag and now - tonumber(at) < window then
        repeats[#repeats + 1] = from - first + i - 1
      elseif not (owner == tag and current[i]) then
        fresh[#fresh + 1] = ARGV[from + i - 1]
        fresh[#fresh + 1] = tag .. ' ' .. ARGV[1]
      end
    end
  end
  local held = #fresh > 0 and redis.call('HLEN', KEYS[4]) or 0
  if held < tonumber(ARGV[7]) then
    for from = 1, #fresh, 2 * per_command do
      redis.call('HSET', KEYS[4], unpack(fresh, from, math.min(from + 2 * per_command - 1, #fresh)))
    end
    if held == 0 and #fresh > 0 then redis.call('EXPIRE', KEYS[4], ARGV[6]) end
  end
  progress.repeats = table.concat(repeats, ',')
end

local breakers, is_probe = texts[2] or '', 0
if breakers ~= '' and ARGV[10] ~= '' then
  local all = cjson.decode(breakers)
  local one = all[ARGV[10]]
  if one and one.state and one.probeAtMs <= now then
    one.probeAtMs = now + tonumber(one.state == 'open' and ARGV[11] or ARGV[12])
    redis.call('SET', KEYS[3], cjson.encode(all), 'EX', ARGV[13])
    is_probe = 1
  end
end

progress.untilMs = now + tonumber(ARGV[2])
progress.owner = ARGV[3]
local written = cjson.encode(progress)
redis.call('SET', KEYS[1], written, 'EX', ARGV[4])
local outbox = ''
if progress.outbox then
  outbox = redis.call('GET', KEYS[2]) or ''
  redis.call('EXPIRE', KEYS[2], ARGV[4])
end
return {'begun', written, outbox, breakers, is_probe}`;

/** A message's progress, as Redis holds it. */
export interface Progress {
  /** Names of the steps that are done. */
  steps: Readonly<Record<string, unknown>>;
  /** Positions in the question that were duplicates, with commas between; absent when nothing was asked. */
  repeats?: string;
}

export type Begun =
  | { state: "done" }
  /** Another run has the message, for so long at the most. */
  | { state: "busy"; forMs: number }
  | {
      state: "begun";
      progress: Progress;
      outbox: string;
      /** Of the project's destinations, as they were before. */
      breakers: Breakers;
      /** The message is the one that finds out whether the destination `probing` is back. */
      isProbe: boolean;
    };

/**
 * Takes the lease of a message and reads how far earlier runs of it came; an owner that heard no answer may do so again. One
 * request; 3 commands, and 4 or 5 more when there are uuids to ask about, up to a thousand. `probing` names the destination
 * that the message has events for and may try although its breaker is open, when a probe is due: one message does at a time.
 */
export async function beginMessage(
  store: Store,
  options: {
    route: string;
    id: string;
    project: string;
    owner: string;
    nowMs: number;
    question: Question;
    probing: string | null;
  },
): Promise<Begun> {
  const { route, id, project, nowMs, question, probing } = options;
  const span = Math.floor(nowMs / keys.marksSpanMs);
  const asks = question.names.length > 0;
  const [state, value, outbox, breakers, isProbe] = (await store.eval(
    beginScript,
    [
      keys.progress(route, id),
      keys.outbox(route, id),
      keys.breakers(project),
      ...(asks ? [keys.marks(project, span), keys.marks(project, span - 1)] : []),
    ],
    [
      ...[nowMs, LEASE_MS, options.owner, keys.progressTtlSeconds, id.slice(-TAG_LENGTH)].map(String),
      ...[keys.marksTtlSeconds, MAX_MARKS, MARK_WINDOW_MS, MARKS_PER_COMMAND].map(String),
      probing ?? "",
      ...[probeIntervalMs("open"), probeIntervalMs("parked"), keys.breakersTtlSeconds].map(String),
      ...question.names,
    ],
  )) as [Begun["state"], string | number, string, string, number];
  switch (state) {
    case "done":
      return { state };
    case "busy":
      return { state, forMs: Number(value) };
    case "begun":
      return {
        state,
        progress: JSON.parse(String(value)) as Progress,
        outbox,
        breakers: breakers ? (JSON.parse(breakers) as Breakers) : {},
        isProbe: isProbe === 1,
      };
  }
}
