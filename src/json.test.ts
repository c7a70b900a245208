import { expect, test } from "vitest";
import { copyJson, plainJson } from "./json.ts";

test("a copy keeps a property named __proto__ as a property", () => {
  const copy = copyJson(JSON.parse('{"__proto__": {"admin": true}, "a": [{"b": 1}]}')) as { admin?: boolean };
  expect(copy.admin).toBeUndefined();
  expect(JSON.stringify(copy)).toBe('{"__proto__":{"admin":true},"a":[{"b":1}]}');
});

const circle: Record<string, unknown> = { a: 1 };
circle["self"] = circle;
const refusing = new Proxy(
  {},
  {
    ownKeys: () => {
      throw new Error("no");
    },
  },
);

test.each([
  ["a BigInt", { n: 10n }, { n: "10" }],
  ["a circle", circle, { a: 1 }],
  [
    "a getter that throws",
    {
      a: 1,
      get b() {
        throw new Error("no");
      },
    },
    { a: 1 },
  ],
  ["a proxy that refuses", { a: 1, b: refusing }, { a: 1 }],
  ["functions and symbols", { f() {}, s: Symbol("s"), a: [() => 1] }, { a: [null] }],
  ["toJSON of its own", { a: 1, toJSON: () => "mine" }, { a: 1 }],
  ["dates", { at: new Date(0), bad: new Date(Number.NaN) }, { at: "1970-01-01T00:00:00.000Z", bad: null }],
])("what JSON cannot hold is left out: %s", (_what, value, expected) => {
  expect(JSON.parse(JSON.stringify(plainJson(value)))).toEqual(expected);
});

test("what nests deeper than PostHog reads is left out", () => {
  let deep: unknown = "bottom";
  for (let level = 0; level < 100_000; level += 1) deep = { deep };
  expect(JSON.stringify(plainJson({ a: 1, deep })).length).toBeLessThan(2000);
});
