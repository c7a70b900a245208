import * as z from "zod";
import type { StoryFilter, StoryPosition } from "../../stories/read.ts";
import { limitParameter } from "../parameters.ts";

const EVENTS_PER_PAGE = 50;
const MAX_EVENTS_PER_PAGE = 200;

/** What lists of events are asked with, by the API and by the page alike. Empty text is no condition. */
export const eventQuery = z.strictObject({
  project: z.string().optional(),
  event: z.string().optional(),
  distinct_id: z.string().optional(),
  app: z.string().optional(),
  limit: limitParameter(EVENTS_PER_PAGE, MAX_EVENTS_PER_PAGE),
  cursor: z
    .string()
    .regex(/^\d{1,15}-[\da-f-]{36}$/i, "give the cursor of the page before, as it is")
    .optional(),
});

export type EventQuery = z.infer<typeof eventQuery>;

export function filterOf({ event, distinct_id: distinctId, app }: EventQuery): StoryFilter {
  return { event: event || undefined, distinctId: distinctId || undefined, app: app || undefined };
}

export function cursorOf(position: StoryPosition | null): string | null {
  return position && `${position.atMs}-${position.id}`;
}

export function readCursor(cursor: string | undefined): StoryPosition | null {
  if (cursor === undefined) return null;
  const dash = cursor.indexOf("-");
  return { atMs: Number(cursor.slice(0, dash)), id: cursor.slice(dash + 1) };
}
