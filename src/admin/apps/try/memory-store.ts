import type { Store } from "../../../store.ts";

type Value = string | string[];
type Command = (values: Map<string, Value>) => unknown;

/** Most keys that a trial keeps: an app in a loop must not fill the isolate. */
const MAX_KEYS = 10_000;

/**
 * A store of one trial: what `cache`, `storage` and `utils.cursor` do works, begins empty, and is gone at the end. It has
 * only the commands that these use. Nothing expires: a trial takes seconds.
 */
export function createMemoryStore(): Store {
  const values = new Map<string, Value>();
  const store = { pipeline: () => createPipeline(values) };
  return store as unknown as Store;
}

/** Runs commands in order, each with an answer or an error of its own, as Redis does. */
function createPipeline(values: Map<string, Value>) {
  const commands: Command[] = [];
  const add = (command: Command) => void commands.push(command);
  return {
    get: (key: string) => add(() => textAt(values, key)),
    set: (key: string, text: string, options?: { nx?: boolean }) =>
      add(() => {
        if (options?.nx && values.has(key)) return null;
        if (values.size >= MAX_KEYS) throw new Error(`a trial keeps at most ${MAX_KEYS} keys`);
        values.set(key, text);
        return "OK";
      }),
    del: (key: string) => add(() => (values.delete(key) ? 1 : 0)),
    expire: (key: string) => add(() => (values.has(key) ? 1 : 0)),
    incr: (key: string) => add(() => increment(values, key, 1)),
    incrbyfloat: (key: string, by: number) => add(() => increment(values, key, by)),
    lpush: (key: string, ...elements: string[]) =>
      add(() => {
        const list = [...elements.toReversed(), ...listAt(values, key)];
        values.set(key, list);
        return list.length;
      }),
    lrange: (key: string, start: number, end: number) =>
      add(() => {
        const list = listAt(values, key);
        const from = start < 0 ? Math.max(0, list.length + start) : start;
        return list.slice(from, (end < 0 ? list.length + end : end) + 1);
      }),
    llen: (key: string) => add(() => listAt(values, key).length),
    lpop: (key: string, count: number) =>
      add(() => {
        const list = listAt(values, key);
        keepList(values, key, list.slice(count));
        return list.slice(0, count);
      }),
    lrem: (key: string, count: number, element: string) =>
      add(() => {
        const list = listAt(values, key);
        const left = without(list, count, element);
        keepList(values, key, left);
        return list.length - left.length;
      }),
    exec: async () =>
      commands.map((command) => {
        try {
          return { result: command(values) };
        } catch (error) {
          return { error: error instanceof Error ? error.message : String(error) };
        }
      }),
  };
}

function textAt(values: Map<string, Value>, key: string): string | null {
  const value = values.get(key) ?? null;
  if (Array.isArray(value)) throw wrongType();
  return value;
}

function listAt(values: Map<string, Value>, key: string): string[] {
  const value = values.get(key) ?? [];
  if (typeof value === "string") throw wrongType();
  return value;
}

/** Redis has no empty lists. */
function keepList(values: Map<string, Value>, key: string, list: string[]): void {
  if (list.length === 0) values.delete(key);
  else values.set(key, list);
}

function increment(values: Map<string, Value>, key: string, by: number): string {
  const before = Number(textAt(values, key) ?? 0);
  if (!Number.isFinite(before)) throw new Error("ERR value is not an integer or out of range");
  values.set(key, String(before + by));
  return String(before + by);
}

/** Negative counts remove from the end, 0 removes all. */
function without(list: readonly string[], count: number, element: string): string[] {
  let left = count === 0 ? list.length : Math.abs(count);
  const ordered = count < 0 ? list.toReversed() : list;
  const kept = ordered.filter((item) => item !== element || (left -= 1) < 0);
  return count < 0 ? kept.toReversed() : kept;
}

function wrongType(): Error {
  return new Error("WRONGTYPE Operation against a key holding the wrong kind of value");
}
