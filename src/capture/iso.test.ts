import fc from "fast-check";
import { expect, test } from "vitest";
import { isoText } from "./iso.ts";

test("writes every time of the years 0 to 9999 as Date does", () => {
  const time = fc.integer({
    min: Date.parse("0000-01-01T00:00:00.000Z"),
    max: Date.parse("9999-12-31T23:59:59.999Z"),
  });
  fc.assert(fc.property(time, (ms) => isoText(ms) === new Date(ms).toISOString()));
});

test.each([
  "0000-01-01T00:00:00.000Z",
  "1969-12-31T23:59:59.999Z",
  "1970-01-01T00:00:00.000Z",
  "9999-12-31T23:59:59.999Z",
])("%s, at the edge of a day", (text) => {
  expect(isoText(Date.parse(text))).toBe(text);
});
