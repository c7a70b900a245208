import type { Reply } from "./backend.ts";

/** What a connection answers: in a list (EXEC's, or a table that a script returned) an element is an Error where a part failed. */
export type WireReply = Reply | readonly (Reply | Error)[];

/** The reply as callers outside a transaction get it: a failed part is its error's text, for JSON has no errors inside lists. */
export function errorsAsText(reply: WireReply): Reply {
  if (reply === null || typeof reply !== "object") return reply;
  return reply.map((part) => (part instanceof Error ? part.message : part));
}
