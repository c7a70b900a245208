import { describe, expect, test } from "vitest";
import { createRecorder, deliveredTime, EVENT, NOW, SINGLE, TOKEN } from "./capture.fixture.ts";

const TIMESTAMP = "2023-01-01T11:59:55Z";
/** Ten seconds after the event on a clock that is five seconds fast: the event happened at 11:59:50. */
const SENT_AT = "2023-01-01T12:00:05Z";
const SENT_MS = Date.parse(SENT_AT);
const CORRECTED = "2023-01-01T11:59:50.000Z";
const VERBATIM = "2023-01-01T11:59:55.000Z";

type Case = [name: string, body: unknown, query: string, expected: string];
const event = { ...EVENT, timestamp: TIMESTAMP };
const single = { ...SINGLE, timestamp: TIMESTAMP };
const batch = (sent_at: unknown, fields = {}) => ({
  api_key: TOKEN,
  sent_at,
  batch: [{ ...event, ...fields }],
});

const CASES: Case[] = [
  ["no time at all", SINGLE, "", NOW],
  ["a timestamp alone", single, "", VERBATIM],
  ["the envelope's sent_at", batch(SENT_AT), "", CORRECTED],
  ["the envelope's sent_at in ms", batch(SENT_MS), "", CORRECTED],
  ["the envelope's sent_at in Python's form", batch("2023-01-01T12:00:05.000000+00:00"), "", CORRECTED],
  ["sent_at beside a single event", { ...single, sent_at: SENT_AT }, "", CORRECTED],
  ["sent_at on the item of a list", [{ ...single, sent_at: SENT_AT }], "", CORRECTED],
  ["the query's _", single, `?_=${SENT_MS}`, CORRECTED],
  ["the query's sent_at", single, `?sent_at=${SENT_MS}`, CORRECTED],
  ["both of the query, sent_at first", single, `?_=${SENT_MS + 3_600_000}&sent_at=${SENT_MS}`, CORRECTED],
  ["body before query", batch(SENT_AT), `?_=${SENT_MS + 3_600_000}`, CORRECTED],
  ["a body's sent_at that is no time", batch("invalid"), `?_=${SENT_MS}`, CORRECTED],
  ["no sent_at that is a time", batch("invalid"), "", VERBATIM],
  ["the query in seconds", single, "?_=1700000000", VERBATIM],
  ["the query beyond all years", single, "?_=999999999999999999", VERBATIM],
  ["the query empty", single, "?_=", VERBATIM],
  ["$ignore_sent_at", batch(SENT_AT, { properties: { $ignore_sent_at: true } }), "", VERBATIM],
  ["an offset", { ...SINGLE, offset: 5000 }, "", VERBATIM],
  ["an offset and all the rest", batch(SENT_AT, { offset: 10_000 }), "", CORRECTED],
  ["a null offset", batch(SENT_AT, { offset: null }), "", CORRECTED],
  ["a fractional offset", { ...SINGLE, offset: 4999.5 }, "", "2023-01-01T11:59:55.000Z"],
  [
    "a timestamp without a zone",
    { ...SINGLE, timestamp: "2022-05-01T10:00:00.123" },
    "",
    "2022-05-01T10:00:00.123Z",
  ],
  ["a timestamp that is none", { ...SINGLE, timestamp: "soon" }, "", NOW],
  ["a timestamp a month ahead", { ...SINGLE, timestamp: "2023-02-01T00:00:00Z" }, "", NOW],
  [
    "a migration of old events",
    { api_key: TOKEN, historical_migration: true, batch: [{ ...EVENT, timestamp: "2019-01-01T00:00:00Z" }] },
    "",
    "2019-01-01T00:00:00.000Z",
  ],
];

describe("an event is delivered under its own time", () => {
  test.each(CASES)("with %s", async (_name, body, query, expected) => {
    const captured = await createRecorder().captured(body, `/batch/${query}`);
    expect(deliveredTime(captured)).toBe(expected);
  });

  test("and reaches apps with the client's raw fields", async () => {
    const captured = await createRecorder().captured(batch(SENT_AT, { offset: 7 }), "/batch/");
    expect(captured).toMatchObject({ timestamp: TIMESTAMP, sent_at: SENT_AT, offset: 7, now: NOW });
  });
});
