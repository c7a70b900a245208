import { describe, expect, test } from "vitest";
import { normaliseTimestamp, type EventTime } from "./time.ts";

const NOON = "2023-01-01T12:00:00.000Z";
type Row = [row: number, now: string, time: Omit<EventTime, "now">, expected: string];
const at = (clock: string) => `2023-01-01T${clock}Z`;

/** The examples of PostHog's own tests (Node and Rust). Where they differ, 8, 21 and 22, Rust is followed. */
const ROWS: Row[] = [
  [
    1,
    "2021-10-29T01:44:00Z",
    { timestamp: "2021-10-30T03:02:00Z", sent_at: "2021-10-30T03:12:00Z" },
    "2021-10-29T01:34:00.000Z",
  ],
  [
    2,
    "2021-11-29T01:44:00Z",
    { timestamp: "2021-10-30T03:02:00Z", sent_at: "2021-10-30T03:12:00Z", ignoreSentAt: true },
    "2021-10-30T03:02:00.000Z",
  ],
  [
    3,
    "2021-10-30T01:44:00Z",
    { timestamp: "2021-10-31T00:44:00Z", sent_at: "invalid" },
    "2021-10-31T00:44:00.000Z",
  ],
  [
    4,
    "2021-10-29T01:44:00Z",
    { timestamp: "2021-10-30T03:02:00+04:00", sent_at: "2021-10-30T03:12:00+04:00" },
    "2021-10-29T01:34:00.000Z",
  ],
  [5, "2021-10-30T01:44:00Z", { timestamp: "2021-10-30T03:02:00Z" }, "2021-10-30T03:02:00.000Z"],
  [6, "2021-10-29T01:44:00Z", { sent_at: "2021-10-30T03:12:00Z", offset: 6000 }, "2021-10-29T01:43:54.000Z"],
  [7, "2021-10-29T01:44:00Z", { offset: 6000 }, "2021-10-29T01:43:54.000Z"],
  [
    8,
    "2021-10-29T01:44:00Z",
    { timestamp: "2021-10-30T03:02:00Z", sent_at: "2021-10-30T03:12:00Z", offset: 6e14 },
    "1970-01-01T00:00:00.000Z",
  ],
  [9, NOON, { timestamp: "notISO" }, NOON],
  [
    10,
    "2021-10-29T01:00:00.000Z",
    { timestamp: "2021-10-29T02:30:00Z", sent_at: "2021-10-28T01:00:00Z" },
    "2021-10-29T01:00:00.000Z",
  ],
  [11, "2021-09-29T01:00:00.000Z", { timestamp: "2021-10-29T02:30:00Z" }, "2021-09-29T01:00:00.000Z"],
  [12, "2021-10-29T01:00:00.000Z", { offset: -82_860_000 }, "2021-10-29T01:00:00.000Z"],
  [13, NOON, { timestamp: "2021-10-29" }, "2021-10-29T00:00:00.000Z"],
  [14, NOON, { timestamp: "2021-10-29 00:00:00" }, "2021-10-29T00:00:00.000Z"],
  [15, NOON, { timestamp: "2021-10-29 00:00:00.000000" }, "2021-10-29T00:00:00.000Z"],
  [16, NOON, { timestamp: "2021-10-29T00:00:00.000Z" }, "2021-10-29T00:00:00.000Z"],
  [17, NOON, { timestamp: "2021-10-29 00:00:00+00:00" }, "2021-10-29T00:00:00.000Z"],
  [18, NOON, { timestamp: "2021-10-29T00:00:00.000-00:00" }, "2021-10-29T00:00:00.000Z"],
  [19, NOON, { timestamp: "2021-10-29T00:00:00.000" }, "2021-10-29T00:00:00.000Z"],
  [20, NOON, { timestamp: "2021-10-29T00:00:00.000+00:00" }, "2021-10-29T00:00:00.000Z"],
  [21, NOON, { timestamp: "2021-W43-5" }, NOON],
  [22, NOON, { timestamp: "2021-302" }, NOON],
  [23, NOON, {}, NOON],
  [24, NOON, { timestamp: at("11:59:55"), sent_at: at("12:00:05") }, "2023-01-01T11:59:50.000Z"],
  [25, NOON, { offset: 5000 }, "2023-01-01T11:59:55.000Z"],
  [
    26,
    NOON,
    { timestamp: at("11:00:00"), sent_at: at("12:00:05"), ignoreSentAt: true },
    "2023-01-01T11:00:00.000Z",
  ],
  [27, NOON, { timestamp: "2023-01-02T12:00:00Z" }, NOON],
  [28, NOON, { timestamp: "2023-01-02T10:59:00Z" }, "2023-01-02T10:59:00.000Z"],
  [
    29,
    "2023-01-01T12:00:00.100Z",
    { timestamp: at("11:59:59.750"), sent_at: at("12:00:00.200") },
    "2023-01-01T11:59:59.650Z",
  ],
  [30, NOON, { timestamp: "0001-01-01T00:00:00Z" }, "0001-01-01T00:00:00.000Z"],
  [31, NOON, { timestamp: "99999-01-01T00:00:00Z" }, NOON],
  [32, NOON, { timestamp: at("11:59:58"), sent_at: at("12:00:02") }, "2023-01-01T11:59:56.000Z"],
  [33, NOON, { timestamp: at("11:00:00"), sent_at: at("12:00:10") }, "2023-01-01T10:59:50.000Z"],
  [34, NOON, { timestamp: at("11:00:00"), sent_at: at("11:59:50") }, "2023-01-01T11:00:10.000Z"],
  [35, NOON, { timestamp: at("11:00:00"), sent_at: at("12:00:00") }, "2023-01-01T11:00:00.000Z"],
  [36, NOON, { sent_at: at("12:00:05") }, NOON],
  [
    37,
    NOON,
    { timestamp: at("11:59:55"), sent_at: at("12:00:05"), offset: 5000 },
    "2023-01-01T11:59:55.000Z",
  ],
  [38, NOON, { timestamp: "Tue, 1 Jul 2003 10:52:37 +0200" }, "2003-07-01T08:52:37.000Z"],
  [39, NOON, { timestamp: "01/01/2023" }, "2023-01-01T00:00:00.000Z"],
  [39, NOON, { timestamp: "2023/01/01" }, "2023-01-01T00:00:00.000Z"],
  [40, NOON, { timestamp: "1672574400000" }, "2023-01-01T12:00:00.000Z"],
  [41, NOON, { timestamp: "1672574400" }, "2023-01-01T12:00:00.000Z"],
  [42, "2025-09-18T00:00:00Z", { timestamp: "2025-09-17T14:05:04.805+03" }, "2025-09-17T11:05:04.805Z"],
  [43, NOON, { timestamp: "13/32/2023" }, NOON],
  [43, NOON, { timestamp: "" }, NOON],
  [43, NOON, { timestamp: "invalid-date" }, NOON],
  [46, NOON, { timestamp: at("13:00:00"), sent_at: at("12:30:00") }, "2023-01-01T12:30:00.000Z"],
  [47, NOON, { timestamp: at("11:59:55"), sent_at: at("12:00:05") }, "2023-01-01T11:59:50.000Z"],
  [
    48,
    NOON,
    { timestamp: "2023-01-03T12:00:00Z", sent_at: NOON, ignoreSentAt: true, allowFuture: true },
    "2023-01-03T12:00:00.000Z",
  ],
];

describe("an event's time", () => {
  test.each(ROWS)("row %i: received %s, %o is %s", (_row, now, time, expected) => {
    expect(normaliseTimestamp({ now: Date.parse(now), ...time })).toBe(expected);
  });

  test.each([
    ["a Date that an app set", { timestamp: new Date("2022-05-05T00:00:00Z") }, "2022-05-05T00:00:00.000Z"],
    ["the milliseconds that an app set", { timestamp: 1_651_708_800_000 }, "2022-05-05T00:00:00.000Z"],
    ["an invalid Date", { timestamp: new Date(Number.NaN) }, NOON],
    ["an object", { timestamp: {}, sent_at: [], offset: "6" }, NOON],
    ["an offset that is no number", { offset: Number.NaN }, NOON],
    ["an endless offset", { offset: Number.POSITIVE_INFINITY }, "1970-01-01T00:00:00.000Z"],
    ["an endless offset ahead", { offset: Number.NEGATIVE_INFINITY }, NOON],
    ["a fraction of a millisecond", { offset: 12.7 }, "2023-01-01T11:59:59.987Z"],
    [
      "the year 10000, allowed",
      { timestamp: "9999-12-31T23:59:59-01:00", allowFuture: true },
      "1970-01-01T00:00:00.000Z",
    ],
  ])("stays valid with %s", (_name, time, expected) => {
    expect(normaliseTimestamp({ now: Date.parse(NOON), ...time })).toBe(expected);
  });
});
