import { SourceMap } from "node:module";
import type { Place } from "../faults.ts";
import { type Outcome, toJavaScript, toPlace } from "./javascript.ts";
import { functionMissingAsync, originIn } from "./missing-async.ts";
import { insertAt } from "./text.ts";

/** A file of an app as plain JavaScript, and the way back to what its author wrote. */
export interface TransformedFile {
  code: string;
  /** Source map of the code, as JSON. */
  map: string;
  /** Where a place of `code` stands in the author's file. */
  originOf(place: Place): Place;
  /** Functions that were made async because they await. */
  madeAsync: readonly Place[];
}

/** The file is neither TypeScript nor JavaScript. */
export class SourceError extends Error {
  override readonly name = "SourceError";
  readonly place: Place;

  constructor(message: string, place: Place) {
    super(message);
    this.place = place;
  }
}

/** Each round mends one function; a file with more of them than this is not an oversight. */
const MAX_ROUNDS = 100;

const ASYNC = "async ";

/**
 * Removes types, and with them unused and type-only imports, from a file of whatever suffix. A function that awaits
 * without being `async` becomes so: PostHog's reference has such an example (decisions 2). Throws `SourceError`.
 */
export async function transformSource(source: string, file: string): Promise<TransformedFile> {
  // A `#!` line would stay in the code, where it is no longer the first.
  let text = source.replace(/^#!/, "//");
  const madeAsync: Place[] = [];
  let outcome = await toJavaScript(text, file);
  const firstFailure = outcome;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const place = await functionMissingAsync(outcome, text, file);
    if (!place) break;
    text = insertAt(text, place, ASYNC);
    madeAsync.push(withoutInsertions(place, madeAsync));
    outcome = await toJavaScript(text, file);
  }
  if ("code" in outcome) {
    const map = new SourceMap(JSON.parse(outcome.map));
    const originOf = (place: Place) => withoutInsertions(originIn(map, place), madeAsync);
    return { code: outcome.code, map: outcome.map, originOf, madeAsync };
  }
  throw sourceError("error" in firstFailure ? firstFailure : outcome, source);
}

function sourceError({ error }: Extract<Outcome, { error: unknown }>, source: string): SourceError {
  return new SourceError(
    error.text,
    error.location ? toPlace(error.location, source) : { line: 1, column: 1 },
  );
}

/** Takes the insertions that stand before a place on its line out of its column; they are kept in original columns. */
function withoutInsertions(place: Place, insertions: readonly Place[]): Place {
  const onLine = insertions.filter(({ line }) => line === place.line).toSorted((a, b) => a.column - b.column);
  let { column } = place;
  for (const inserted of onLine) {
    if (inserted.column < column) column = Math.max(inserted.column, column - ASYNC.length);
  }
  return { line: place.line, column };
}
