import { describe, expect, test } from "vitest";
import { JsonError, readJsonc } from "./jsonc.ts";

test("reads JSON with comments, trailing commas and a byte order mark", () => {
  const text = '\uFEFF// apps\n{ "a": [1, -2.5, true, null, "x\\u0041",], /* b */ "b": { "c": "é" }, }';
  expect(readJsonc(text).value).toEqual({ a: [1, -2.5, true, null, "xA"], b: { c: "é" } });
});

test("tells where a value stands, and of one that is missing, where it would belong", () => {
  const document = readJsonc('{\n  "apps": [\n    { "plugin": "a" }\n  ]\n}');
  expect(document.placeOf([])).toEqual({ line: 1, column: 1 });
  expect(document.placeOf(["apps", 0, "plugin"])).toEqual({ line: 3, column: 17 });
  expect(document.placeOf(["apps", 0, "config", "key"])).toEqual({ line: 3, column: 5 });
});

describe("refuses what is not JSON, with its place", () => {
  const cases: [text: string, line: number, column: number][] = [
    ["", 1, 1],
    ['{ broken: "plugin.json" -=- ', 1, 11],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3],
    ["{ 'a': 1 }", 1, 3],
    ["{ a: 1 }", 1, 3],
    ['{ "a": undefined }', 1, 8],
    ['{ "a": `x` }', 1, 8],
    ['{ "a": [1,,2] }', 1, 8],
    ["{ ...a }", 1, 3],
    ["{}, {}", 1, 1],
    ["{} {}", 1, 4],
    ["{}); evil(", 1, 1],
  ];
  for (const [text, line, column] of cases) {
    test(JSON.stringify(text), () => {
      let thrown: unknown;
      try {
        readJsonc(text);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(JsonError);
      expect((thrown as JsonError).place).toEqual({ line, column });
    });
  }
});

test("a key named __proto__ is a key", () => {
  const value = readJsonc('{ "__proto__": 1 }').value as object;
  expect(Object.keys(value)).toEqual(["__proto__"]);
});

test("tells where in the text a value stands, whatever precedes it", () => {
  const text = '\uFEFF// apps\n{ "apps": [1, { "a": [] }] }';
  const { rangeOf } = readJsonc(text);
  const slice = (...path: PropertyKey[]) => {
    const range = rangeOf(path);
    return range && text.slice(range.start, range.end);
  };
  expect(slice("apps")).toBe('[1, { "a": [] }]');
  expect(slice("apps", 1)).toBe('{ "a": [] }');
  expect(slice("apps", 2)).toBeUndefined();
});
