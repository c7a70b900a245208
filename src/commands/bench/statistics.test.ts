import { expect, test } from "vitest";
import { spreadOf } from "./statistics.ts";

test.each([
  ["one round", [5], { median: 5, min: 5, max: 5 }],
  ["an odd number, in any order", [9, 1, 4], { median: 4, min: 1, max: 9 }],
  ["an even number: between the middle two", [10, 1, 2, 3], { median: 2.5, min: 1, max: 10 }],
])("the spread of %s", (_case, values, expected) => {
  expect(spreadOf(values)).toEqual(expected);
});

test("numbers are ordered as numbers, and the caller's list stays as it was", () => {
  const values = [100, 20, 3];
  expect(spreadOf(values).median).toBe(20);
  expect(values).toEqual([100, 20, 3]);
});

test("no rounds have no spread", () => {
  expect(() => spreadOf([])).toThrow("at least one");
});
