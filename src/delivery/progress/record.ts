import { addCountsLua, hourOf } from "../../accounts/add.ts";
import type { Counts } from "../../accounts/counts.ts";
import { keys } from "../../keys.ts";
import type { Script } from "../../script.ts";
import type { Store } from "../../store.ts";
import { noteHealthLua } from "../breaker/health.ts";
import type { DeadLetters } from "../dead-letters/index.ts";
import type { DeadLetter } from "../dead-letters/letter.ts";

/**
 * Steps count once however often they are recorded: a run that lost its lease, or whose recording was answered to nobody,
 * says the same again. With an outbox all of them are done, and nothing else is remembered of them: it stays for days.
 * KEYS: progress, account, outbox, breakers. ARGV: steps with their counts as JSON, what becomes of the message
 * (`done`, `free`, or `held`), lease's end in ms, owner, life time of progress and of the account in s, outbox or '',
 * then what was seen of destinations as JSON or '', now, life time of breakers in s. A recording said twice counts a failure
 * twice, which only makes a breaker open earlier.
 */
const recordScript = `#!lua flags=allow-key-locking
${addCountsLua}
${noteHealthLua}
if ARGV[8] ~= '' then note_health(KEYS[4], cjson.decode(ARGV[8]), tonumber(ARGV[9]), ARGV[10]) end
local text = redis.call('GET', KEYS[1])
if text == 'done' then return 0 end
local progress = text and cjson.decode(text) or {steps = {}}
if progress.done then return 0 end
local sum = {}
for step, counts in pairs(cjson.decode(ARGV[1])) do
  if not progress.outbox and not progress.steps[step] then
    progress.steps[step] = 1
    for field, number in pairs(counts) do sum[field] = (sum[field] or 0) + number end
  end
end
if ARGV[2] == 'done' then
  local left = progress.appended and cjson.encode({done = true, steps = {}, appended = progress.appended})
  redis.call('SET', KEYS[1], left or 'done', 'EX', ARGV[5])
  if progress.outbox then redis.call('DEL', KEYS[3]) end
else
  if not progress.owner or progress.owner == ARGV[4] then
    progress.owner = ARGV[4]
    progress.untilMs = ARGV[2] == 'held' and tonumber(ARGV[3]) or 0
  end
  if ARGV[7] ~= '' then
    redis.call('SET', KEYS[3], ARGV[7], 'EX', ARGV[5])
    progress = {steps = {}, repeats = '', outbox = true, appended = progress.appended}
  end
  redis.call('SET', KEYS[1], cjson.encode(progress), 'EX', ARGV[5])
end
add_counts(KEYS[2], sum, ARGV[6])
return 1`;

/** Steps that are done, with what each of them counts. */
export type DoneSteps = Readonly<Record<string, Counts>>;

export interface Recording {
  route: string;
  id: string;
  project: string;
  /** When the steps were done; decides the hour that they count in. */
  atMs: number;
  steps: DoneSteps;
  owner: string;
  /** `done`: the whole message; `free`: another run may go on with it; `held`: this one does, until `untilMs`. */
  message: "done" | "free" | "held";
  untilMs?: number;
  /** What still has to be published, as JSON. */
  outbox?: string;
  /** How destinations did, by `encodeObserved`. */
  observed?: string;
  /** What steps ended with, kept in one with that: a step that is done again has left none. */
  letters?: readonly DeadLetter[];
  /** The message has no steps, and so nothing to count and nothing to remember but that it is done. */
  isPlain?: boolean;
}

/**
 * Records steps, once each, and counts with them. One request: 3 commands, 3 more when there is something to count, 2 more
 * when a destination failed or is back, and what dead letters cost; one when a message without steps is done.
 */
export async function recordSteps(
  { store, deadLetters }: { store: Store; deadLetters: DeadLetters },
  recording: Recording,
): Promise<void> {
  const { route, id, letters = [] } = recording;
  if (recording.isPlain && recording.message === "done" && recording.observed === undefined) {
    await store.set(keys.progress(route, id), "done", { ex: keys.progressTtlSeconds });
  } else if (letters.length > 0) await deadLetters.add(letters, recordingScript(recording));
  else await store.eval(...recordingScript(recording));
}

function recordingScript(recording: Recording): Script {
  const { route, id, project } = recording;
  return [
    recordScript,
    [
      keys.progress(route, id),
      keys.account(project, hourOf(recording.atMs)),
      keys.outbox(route, id),
      keys.breakers(project),
    ],
    [
      JSON.stringify(recording.steps),
      recording.message,
      String(recording.untilMs ?? 0),
      recording.owner,
      String(keys.progressTtlSeconds),
      String(keys.accountTtlSeconds),
      recording.outbox ?? "",
      recording.observed ?? "",
      String(recording.atMs),
      String(keys.breakersTtlSeconds),
    ],
  ];
}
