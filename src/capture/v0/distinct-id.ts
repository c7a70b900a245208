import type { Properties } from "../../event.ts";
import { tameNesting } from "../nesting.ts";

const MAX_DISTINCT_ID_LENGTH = 200;
/** An id that is a list or an object is a mistake of the sender; deeper than this nobody serialises it. */
const MAX_LEVELS = 16;

/**
 * Whose event it is: `distinct_id` or `$distinct_id` at the root, else `properties.distinct_id`. What is no string becomes
 * its compact JSON; more than 200 characters are cut off, as PostHog does. Null when there is none, or only blanks.
 */
export function readDistinctId(
  raw: Readonly<Record<string, unknown>>,
  properties: Properties | undefined,
): string | null {
  const id = raw.distinct_id ?? raw.$distinct_id ?? properties?.distinct_id;
  const text = typeof id === "string" ? id : asJson(id);
  if (text === null || text.trim() === "") return null;
  return text.length <= MAX_DISTINCT_ID_LENGTH ? text : truncate(text);
}

function asJson(id: unknown): string | null {
  if (id === undefined || id === null) return null;
  if (typeof id === "object" && !tameNesting(id, MAX_LEVELS)) return null;
  return JSON.stringify(id);
}

/** Cuts by characters, not by UTF-16 units, so that no half of a surrogate pair stays behind. */
function truncate(text: string): string {
  let characters = 0;
  let end = 0;
  while (end < text.length && characters < MAX_DISTINCT_ID_LENGTH) {
    end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
    characters++;
  }
  return text.slice(0, end);
}
