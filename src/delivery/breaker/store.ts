import { keys } from "../../keys.ts";
import type { Store } from "../../store.ts";
import { type Breakers, noteHealthLua } from "./health.ts";

/** A project's destinations that fail or are parked. One command. Rejects when Redis does. */
export async function readBreakers(store: Store, project: string): Promise<Breakers> {
  const text = await store.get<string>(keys.breakers(project));
  return text === null ? {} : (JSON.parse(text) as Breakers);
}

const closeScript = `#!lua flags=allow-key-locking
${noteHealthLua}
note_health(KEYS[1], {[ARGV[1]] = {is = 'up'}}, 0, ARGV[2])
return 1`;

/** Closes a destination's breaker, as if it had been seen to be well. One request, 3 commands. */
export async function closeBreaker(store: Store, project: string, destination: string): Promise<void> {
  await store.eval(closeScript, [keys.breakers(project)], [destination, String(keys.breakersTtlSeconds)]);
}
