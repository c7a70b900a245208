import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDate } from "./date.ts";

const iso = (text: string) => {
  const ms = parseDate(text);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
};

describe("a date", () => {
  test.each([
    ["2024-05-01T10:00:00.123", "2024-05-01T10:00:00.123Z"],
    ["2024-05-01T10:00:00.123456+00:00", "2024-05-01T10:00:00.123Z"],
    ["2024-05-01t10:00:00.5z", "2024-05-01T10:00:00.500Z"],
    ["2024-05-01T10:00+0530", "2024-05-01T04:30:00.000Z"],
    ["2024-05-01 10:00:00 UTC", "2024-05-01T10:00:00.000Z"],
    ["  2024-05-01  ", "2024-05-01T00:00:00.000Z"],
    ["2024-05-01T10:00:00.9999999Z", "2024-05-01T10:00:00.999Z"],
    ["2024-05-31T10:00:00-05:30", "2024-05-31T15:30:00.000Z"],
    ["2024-02-29", "2024-02-29T00:00:00.000Z"],
    ["0099-12-31T00:00:00Z", "0099-12-31T00:00:00.000Z"],
    ["1 Jul 2003 10:52 GMT", "2003-07-01T10:52:00.000Z"],
    ["Tue, 01 Jul 2003 10:52:37 EST", "2003-07-01T15:52:37.000Z"],
    ["1672574400.25", "2023-01-01T12:00:00.250Z"],
  ])("written %j is %s", (text, expected) => {
    expect(iso(text)).toBe(expected);
  });

  test.each([
    "2023-02-29",
    "2023-13-01",
    "2023-00-10",
    "2023-01-01T24:00:00Z",
    "2023-01-01T10:60:00Z",
    "2023-01-01T10:00:00+25:00",
    "2023-01/01",
    "2023",
    "20230101",
    "now",
    "Jan 1 2023",
    "0x1234567890",
    "2023-01-01T10:00:00Z".padStart(100),
  ])("written %j is none", (text) => {
    expect(iso(text)).toBeNull();
  });

  test("keeps every instant that JavaScript writes as ISO text", () => {
    const years = { min: new Date("0000-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59Z") };
    fc.assert(
      fc.property(fc.date({ ...years, noInvalidDate: true }), (date) => {
        expect(parseDate(date.toISOString())).toBe(date.getTime());
      }),
    );
  });

  test("of any text is a number or none, never an exception", () => {
    fc.assert(fc.property(fc.string(), (text) => typeof parseDate(text) === "number"));
  });
});
