import { describe, expect, it } from "vitest";
import { parseDuration, responseUnits, settingUnits } from "./duration.ts";

describe("parseDuration", () => {
  it.each([
    ["50s", 50_000],
    ["1d10h30m", 124_200_000],
    ["10h", 36_000_000],
    ["0s", 0],
    ["1.5m", 90_000],
    [" 3s ", 3000],
  ])("reads the setting %j as %d ms", (text, ms) => {
    expect(parseDuration(text, settingUnits)).toBe(ms);
  });

  it.each(["", "50", "s", "-5s", "5 s", "5x", "5s5s", "1e3s", "5ms", "s5", "constructor"])(
    "refuses the setting %j",
    (text) => {
      expect(parseDuration(text, settingUnits)).toBeNull();
    },
  );

  it.each([
    ["6m5s", 365_000],
    ["1h", 3_600_000],
    ["250ms", 250],
    ["1500us", 1.5],
    ["1500µs", 1.5],
    ["2000000ns", 2],
  ])("reads the response value %j as %d ms", (text, ms) => {
    expect(parseDuration(text, responseUnits)).toBeCloseTo(ms, 9);
  });

  it("knows no days in a response, as Go does not", () => {
    expect(parseDuration("1d", responseUnits)).toBeNull();
  });
});
