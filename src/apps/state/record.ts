import { keys } from "../../keys.ts";
import { describeStoreError, type Store } from "../../store.ts";
import type { CommandBatch } from "../meta/command-batch.ts";
import type { Override } from "./override.ts";
import type { SetupState } from "./series.ts";

/**
 * What Redis knows of a project's apps: the record's fields as text, and, where asked for, each app's `global` as
 * text.
 */
export interface ProjectRecord {
  fields: ReadonlyMap<string, string>;
  /** In the order of the apps asked for; null where nothing is stored. */
  globals: readonly (string | null)[];
}

/** The app whose version a set-up state belongs to. */
export interface AppVersion {
  project: string;
  plugin: string;
  version: string;
}

/** An admin's changes to an app, all versions of it. */
export const overrideField = (plugin: string) => `override ${plugin}`;
/** Set-up of one version: two deployments at work at the same time do not disturb each other. */
export const setupField = (plugin: string, version: string) => `setup ${plugin} ${version}`;

/** Until when a person watches the project's events. */
const WATCHED_FIELD = "watched";

/** How often a change is tried again when others get ahead of it. */
const MAX_TRIES = 10;

/** States that nobody has touched for this long belong to versions that are gone. */
const FORGOTTEN_AFTER_MS = 90 * 24 * 60 * 60 * 1000;

/**
 * Replaces a field unless it has changed meanwhile. Returns whether it did, and what the field holds then. KEYS: the hash. ARGV: field,
 * expected text ("" for none), new text.
 */
const replaceScript = `#!lua flags=allow-key-locking
local current = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if current ~= ARGV[2] then return {0, current} end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return {1, ARGV[3]}`;

/**
 * Reads all that is kept about a project's apps: one request of one command, or two with the `global` of `globals`.
 * Rejects when Redis does not answer.
 */
export async function readRecord(
  store: Store,
  project: string,
  globals: readonly AppVersion[],
): Promise<ProjectRecord> {
  const pipeline = store.pipeline();
  pipeline.hgetall(keys.projectApps(project));
  if (globals.length > 0) {
    pipeline.mget(...globals.map(({ plugin, version }) => keys.appGlobal(project, plugin, version)));
  }
  try {
    const [reply, texts] = (await pipeline.exec()) as [string[] | null, (string | null)[] | undefined];
    const flat = reply ?? [];
    const fields = new Map<string, string>();
    for (let index = 0; index < flat.length; index += 2) {
      fields.set(String(flat[index]), String(flat[index + 1]));
    }
    return { fields, globals: texts ?? globals.map(() => null) };
  } catch (error) {
    throw new Error(`Redis could not be reached: ${describeStoreError(error)}`, { cause: error });
  }
}

/** What a change came to. */
export interface Changed<Value> {
  /** What Redis holds now; null when nothing. */
  value: Value | null;
  /** Whether it is this call that changed it. */
  changed: boolean;
}

/**
 * Changes one field by what `decide` makes of its present value; null leaves it. Of several at once exactly one wins,
 * the others decide anew. Two commands in two requests as a rule. Rejects when Redis does not answer.
 */
async function change<Value>(
  commands: CommandBatch,
  project: string,
  field: string,
  decide: (current: Value | null) => Value | null,
): Promise<Changed<Value>> {
  const key = keys.projectApps(project);
  let text = await commands.run((redis) => redis.hget(key, field));
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const expected = typeof text === "string" ? text : "";
    const current = expected === "" ? null : (JSON.parse(expected) as Value);
    const next = decide(current);
    if (next === null) return { value: current, changed: false };
    const [replaced, found] = (await commands.run((redis) =>
      redis.eval(replaceScript, [key], [field, expected, JSON.stringify(next)]),
    )) as [number, string];
    if (Number(replaced) === 1) return { value: next, changed: true };
    text = found;
  }
  throw new Error(`"${field}" of ${project} is being changed by too many at once, try again`);
}

/** Changes the set-up state of an app's version. */
export function changeSetup(
  commands: CommandBatch,
  { project, plugin, version }: AppVersion,
  decide: (current: SetupState | null) => SetupState | null,
): Promise<Changed<SetupState>> {
  return change(commands, project, setupField(plugin, version), decide);
}

/** Changes the override of an app. */
export function changeOverride(
  commands: CommandBatch,
  project: string,
  plugin: string,
  decide: (current: Override | null) => Override,
): Promise<Changed<Override>> {
  return change<Override>(commands, project, overrideField(plugin), decide);
}

/** Tells all isolates that a person watches the project's events until then. One command. Rejects when Redis does. */
export async function watchUntil(store: Store, project: string, untilMs: number): Promise<void> {
  await store.hset(keys.projectApps(project), { [WATCHED_FIELD]: String(untilMs) });
}

/** In ms; 0 when nobody has ever watched. */
export function watchedUntilMs({ fields }: ProjectRecord): number {
  return Number(fields.get(WATCHED_FIELD) ?? 0);
}

/** Drops set-up states that nobody has touched for long, so that the record stays small. No command when there are none. */
export async function trimRecord(
  store: Store,
  project: string,
  { fields }: ProjectRecord,
  nowMs: number,
): Promise<void> {
  const forgotten = [...fields].flatMap(([field, text]) => {
    if (!field.startsWith("setup ")) return [];
    const { atMs } = JSON.parse(text) as SetupState;
    return nowMs - atMs > FORGOTTEN_AFTER_MS ? [field] : [];
  });
  if (forgotten.length > 0) await store.hdel(keys.projectApps(project), ...forgotten);
}
