import { expect, test } from "vitest";
import { createGenerations } from "./generation.ts";

const before = createGenerations({ currentSigningKey: "one", nextSigningKey: "two" });
const after = createGenerations({ currentSigningKey: "two", nextSigningKey: "three" });

test("a generation is read back, also by a gateway that knows the key as its next one", () => {
  expect([0, 1, 9, 10].map((generation) => before.read(before.seal(generation)))).toEqual([0, 1, 9, 10]);
  expect(before.read(after.seal(7))).toBe(7);
  expect(after.read(before.seal(7))).toBe(0);
});

test.each([
  ["none", undefined],
  ["an empty one", ""],
  ["one without a signature", "3"],
  ["one with another generation's signature", before.seal(1).replace(/^1/, "3")],
  ["one cut short", before.seal(3).slice(0, -1)],
  ["a text", "x.y"],
])("a header proves nothing: %s", (_what, header) => {
  expect(before.read(header)).toBe(0);
});
