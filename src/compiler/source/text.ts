import type { Place } from "../faults.ts";

/** Where an offset stands in a text. */
export function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

/** The offset of a place; a place outside the text is moved into it. */
export function offsetOf(text: string, { line, column }: Place): number {
  let start = 0;
  for (let passed = 1; passed < line; passed += 1) {
    const end = text.indexOf("\n", start);
    if (end < 0) return text.length;
    start = end + 1;
  }
  return Math.min(start + column - 1, text.length);
}

/** The text with an addition at a place. */
export function insertAt(text: string, place: Place, addition: string): string {
  const offset = offsetOf(text, place);
  return text.slice(0, offset) + addition + text.slice(offset);
}
