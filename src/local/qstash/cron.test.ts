import { describe, expect, it } from "vitest";
import { parseCron } from "./cron.ts";

const next = (expression: string, after: string) =>
  new Date(parseCron(expression)(Date.parse(after))).toISOString();

describe("parseCron", () => {
  it.each([
    ["* * * * *", "2026-11-20T12:00:00Z", "2026-11-20T12:01:00.000Z"],
    ["* * * * *", "2026-11-20T12:00:59.999Z", "2026-11-20T12:01:00.000Z"],
    ["*/5 * * * *", "2026-11-20T12:03:00Z", "2026-11-20T12:05:00.000Z"],
    ["0 4 * * *", "2026-11-20T04:00:00Z", "2026-11-21T04:00:00.000Z"],
    ["15,45 8-10 * * *", "2026-11-20T08:45:00Z", "2026-11-20T09:15:00.000Z"],
    ["5/20 * * * *", "2026-11-20T12:06:00Z", "2026-11-20T12:25:00.000Z"],
    ["0 0 1 1 *", "2026-11-20T00:00:00Z", "2027-01-01T00:00:00.000Z"],
    ["0 9 * * MON-FRI", "2026-11-20T09:00:00Z", "2026-11-23T09:00:00.000Z"],
    ["0 9 * * 7", "2026-11-20T09:00:00Z", "2026-11-22T09:00:00.000Z"],
    ["0 0 ? FEB,mar 0", "2026-11-20T00:00:00Z", "2027-02-07T00:00:00.000Z"],
    ["0 0 13 * 5", "2026-11-14T00:00:00Z", "2026-11-20T00:00:00.000Z"],
    ["0 0 */2 * 1", "2026-11-20T00:00:00Z", "2026-11-23T00:00:00.000Z"],
    ["0 0 29 2 *", "2026-11-20T00:00:00Z", "2028-02-29T00:00:00.000Z"],
    ["CRON_TZ=America/New_York 0 4 * * *", "2026-11-20T00:00:00Z", "2026-11-20T09:00:00.000Z"],
    ["CRON_TZ=America/New_York 0 4 * * *", "2026-07-20T00:00:00Z", "2026-07-20T08:00:00.000Z"],
    ["CRON_TZ=Asia/Kathmandu 30 0 * * *", "2026-11-20T00:00:00Z", "2026-11-20T18:45:00.000Z"],
  ])("%s after %s fires at %s", (expression, after, expected) => {
    expect(next(expression, after)).toBe(expected);
  });

  it("does not fire at a wall-clock time that summer time skips", () => {
    expect(next("CRON_TZ=Europe/Berlin 30 2 * * *", "2026-03-28T12:00:00Z")).toBe("2026-03-30T00:30:00.000Z");
  });

  it("fires twice at a wall-clock time that winter time repeats", () => {
    const first = next("CRON_TZ=Europe/Berlin 30 2 * * *", "2026-10-24T12:00:00Z");
    expect(first).toBe("2026-10-25T00:30:00.000Z");
    expect(next("CRON_TZ=Europe/Berlin 30 2 * * *", first)).toBe("2026-10-25T01:30:00.000Z");
  });

  it("finds the day in a zone whose midnight summer time skips", () => {
    expect(next("CRON_TZ=Africa/Cairo 0 5 * * *", "2026-04-23T12:00:00Z")).toBe("2026-04-24T02:00:00.000Z");
  });

  it.each([
    ["* * * *", "it has 4 fields instead of five"],
    ["* * * * * *", "it has 6 fields instead of five"],
    ["60 * * * *", "minute field"],
    ["* 24 * * *", "hour field"],
    ["* * 0 * *", "day of month field"],
    ["* * * 13 *", "month field"],
    ["* * * * 8", "day of week field"],
    ["5-1 * * * *", "minute field"],
    ["*/0 * * * *", "minute field"],
    ["1--2 * * * *", "minute field"],
    ["a * * * *", "minute field"],
    ["0 0 30 2 *", "it never fires"],
    ["CRON_TZ=Nowhere/Land * * * * *", "time zone"],
  ])("refuses %s", (expression, message) => {
    expect(() => parseCron(expression)).toThrow(message);
  });
});
