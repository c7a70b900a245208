import { describe, expect, test } from "vitest";
import { tameNesting } from "./nesting.ts";

const nested = (levels: number) => JSON.parse("[".repeat(levels) + "]".repeat(levels)) as object;

describe("a parsed value", () => {
  test("may nest to the limit and no deeper", () => {
    expect(tameNesting(nested(120), 120)).toBe(true);
    expect(tameNesting(nested(121), 120)).toBe(false);
    expect(tameNesting({ a: { b: [{}] } }, 4)).toBe(true);
    expect(tameNesting({ a: { b: [{}] } }, 3)).toBe(false);
  });

  test("that nests a million levels is refused without exhausting the stack", () => {
    expect(tameNesting(nested(1_000_000), 120)).toBe(false);
  });

  test("cannot give a copy another prototype", () => {
    const value = JSON.parse('{"__proto__":{"x":1},"list":[{"__proto__":{"y":1},"z":1}],"constructor":"c"}');
    expect(tameNesting(value, 10)).toBe(true);
    const copy = Object.assign({}, value);
    expect(copy.x).toBeUndefined();
    expect(Object.assign({}, value.list[0]).y).toBeUndefined();
    expect(value).toEqual({ list: [{ z: 1 }], constructor: "c" });
  });
});
