import { SourceMap } from "node:module";
import type { Place } from "../faults.ts";
import { type Outcome, toJavaScript, toPlace } from "./javascript.ts";
import { insertAt, offsetOf, placeAt } from "./text.ts";

/**
 * Where `async` has to be inserted so that a function may await, given what esbuild made of the text; undefined when no
 * function awaits without it. esbuild itself names the function, in a note to its error, which spares a TypeScript parser;
 * where the text is not an error of that kind, a probe of it is.
 */
export async function functionMissingAsync(
  outcome: Outcome,
  text: string,
  file: string,
): Promise<Place | undefined> {
  const named = functionNamedBy(outcome, text);
  if (named) return named;
  for (const probe of probes(outcome, text)) {
    const place = functionNamedBy(await toJavaScript(probe, file), probe);
    if (place) return place;
  }
  return undefined;
}

function functionNamedBy(outcome: Outcome, text: string): Place | undefined {
  if ("code" in outcome || !outcome.error.text.includes('can only be used inside an "async" function')) {
    return undefined;
  }
  const note = outcome.error.notes.find((candidate) => candidate.text.includes('"async"'));
  return note?.location ? toPlace(note.location, text) : undefined;
}

/** Texts that differ behind the function's head only, and fail with the error that names the function. */
function probes(outcome: Outcome, text: string): string[] {
  if ("error" in outcome) {
    const { text: message, location } = outcome.error;
    if (!message.startsWith('Cannot use "await" outside an async function') || !location) return [];
    const loop = text.lastIndexOf("for", offsetOf(text, toPlace(location, text)));
    return loop < 0 ? [] : [insertAt(text, placeAt(text, loop), "await 0;")];
  }
  // Outside async functions `await (x)` is the call of a function named await, and esbuild prints it without a space.
  const calls = [...outcome.code.matchAll(/(?<![\w$.])await\(/g)];
  if (calls.length === 0) return [];
  const map = new SourceMap(JSON.parse(outcome.map));
  return calls.flatMap(({ index }) => {
    const place = originIn(map, placeAt(outcome.code, index));
    return text.startsWith("await", offsetOf(text, place)) ? [insertAt(text, place, "await ")] : [];
  });
}

/** The place in the text that the map leads back to. */
export function originIn(map: SourceMap, place: Place): Place {
  const entry = map.findEntry(place.line - 1, place.column - 1);
  if (!("originalLine" in entry)) return { line: 1, column: 1 };
  return { line: entry.originalLine + 1, column: entry.originalColumn + 1 };
}
