import { unparsable } from "./errors.ts";

/**
 * Parses JSON text. `NaN`, `Infinity` and `-Infinity`, which are none, become null: Python writes them, and with them the whole
 * batch around one such number would be lost. Looked for only in what does not parse, so that proper JSON pays nothing.
 * @throws CaptureError 400
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const finite = nullNonFinite(text);
    if (finite !== text) return parseJson(finite);
    throw unparsable((error as SyntaxError).message, error);
  }
}

const NON_FINITE = /-?\b(?:NaN|Infinity)\b/g;
/** More are no mistake of a program's, but an attack on the memory. */
const MAX_NON_FINITE = 200_000;

/** The text with null in the place of such numbers; within strings they are words, and stay. */
function nullNonFinite(json: string): string {
  let mended = "";
  let written = 0;
  /** Outside of strings. */
  let at = 0;
  let left = MAX_NON_FINITE;
  for (const { index, 0: number } of json.matchAll(NON_FINITE)) {
    if (left-- === 0) return json;
    while (at < index) at = nextOutside(json, at, index);
    if (at > index) continue;
    mended += json.slice(written, index) + "null";
    written = at = index + number.length;
  }
  return mended + json.slice(written);
}

const QUOTE = '"'.charCodeAt(0);
const BACKSLASH = "\\".charCodeAt(0);

/** From `at`, outside of strings, the place behind the next string that opens before `end`; `end` when none does. */
function nextOutside(json: string, at: number, end: number): number {
  let index = at;
  while (index < end && json.charCodeAt(index) !== QUOTE) index += 1;
  if (index === end) return end;
  for (index += 1; index < json.length; index += 1) {
    const unit = json.charCodeAt(index);
    if (unit === QUOTE) return index + 1;
    if (unit === BACKSLASH) index += 1;
  }
  return json.length;
}
