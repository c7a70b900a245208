import { readJsonc } from "../../compiler/jsonc.ts";

/**
 * Appends an item to the list at `path` of a JSON text, comments and all else as they were. Throws `JsonError` for a text
 * that is no JSON, and an error when there is no list.
 */
export function appendItem(text: string, path: readonly PropertyKey[], item: unknown): string {
  const { list, document } = readList(text, path);
  const range = document.rangeOf(list.length > 0 ? [...path, list.length - 1] : path);
  if (!range) throw noList(path);
  const json = JSON.stringify(item, null, 1).replaceAll(/\n\s*/g, " ");
  return list.length > 0
    ? `${text.slice(0, range.end)},\n${json}${text.slice(range.end)}`
    : `${text.slice(0, range.start + 1)}${json}${text.slice(range.start + 1)}`;
}

/** Removes the items of the list at `path` that `matches` picks. Throws as `appendItem` does. */
export function removeItems(
  text: string,
  path: readonly PropertyKey[],
  matches: (item: unknown) => boolean,
): string {
  const { list } = readList(text, path);
  const last = list.findLastIndex(matches);
  if (last < 0) return text;
  const range = readJsonc(text).rangeOf([...path, last]);
  if (!range) throw noList(path);
  const after = text.slice(range.end).replace(/^\s*,/, "");
  const hadComma = after.length < text.length - range.end;
  const before = text.slice(0, range.start).replace(hadComma ? /\s*$/ : /,?\s*$/, "");
  return removeItems(`${before}${after}`, path, matches);
}

function readList(text: string, path: readonly PropertyKey[]) {
  const document = readJsonc(text);
  const list = path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value ? Reflect.get(value, key) : undefined),
    document.value,
  );
  if (!Array.isArray(list)) throw noList(path);
  return { list: list as unknown[], document };
}

function noList(path: readonly PropertyKey[]): Error {
  return new Error(`there is no list "${path.map(String).join(".")}"`);
}
