import type { Context } from "hono";
import { ApiError } from "../api-error.ts";
import { readBody } from "../body.ts";

const MAX_BYTES = 1_000_000;

/** Reads a small JSON object. Throws an ApiError (400) for anything else. */
export async function jsonBody(context: Context): Promise<Record<string, unknown>> {
  const { bytes, complete } = await readBody(context.req.raw, MAX_BYTES);
  try {
    const value: unknown = complete ? JSON.parse(new TextDecoder().decode(bytes)) : undefined;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Said below: whatever it is, it is no JSON object.
  }
  throw new ApiError(400, `the body must be a JSON object of at most ${MAX_BYTES} bytes.`);
}
