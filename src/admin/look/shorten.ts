/** The first line of a text, cut where it is longer than leaves a table readable. */
export function shortened(text: string, maxCharacters = 160): string {
  const line = text.split("\n", 1)[0] ?? "";
  return line.length > maxCharacters ? `${line.slice(0, maxCharacters - 1)}…` : line;
}
