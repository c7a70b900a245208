import type { Context } from "hono";
import { ApiError } from "../api-error.ts";

const DEFAULT_COUNT = 100;
const MAX_COUNT = 1000;

/** Reads `count` (100 without one) and `cursor` of a list. Throws an ApiError (400) for a count that is no number. */
export function pageQuery(context: Context): { count: number; cursor: string | undefined } {
  const text = context.req.query("count");
  const count = text === undefined ? DEFAULT_COUNT : Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new ApiError(400, `count "${text}" is not a positive number.`);
  return { count: Math.min(count, MAX_COUNT), cursor: context.req.query("cursor") || undefined };
}
