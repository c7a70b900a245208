import { describe, expect, test } from "vitest";
import { expectArrived } from "./arrived.ts";
import { readCorpus } from "./expected.ts";
import { imitations } from "./imitated.ts";
import { replay } from "./replay.ts";

/** The order of SDKs' releases does not matter; that none went missing does. */
const RECORDED = 18;

describe("what SDKs were seen to send becomes what they were told", () => {
  const corpus = readCorpus();

  test("for every recorded release", () => {
    expect(corpus).toHaveLength(RECORDED);
  });

  test.each(corpus)("by $name", async ({ recording, expected }) => {
    const { statuses, projects, events, rejected } = await replay(recording.requests, expected.token);
    expect(statuses.filter((status) => status !== 200 && status !== 204)).toEqual([]);
    expect(rejected).toEqual([]);
    expect(new Set(projects)).toEqual(new Set([expected.token]));
    expectArrived(events, expected.events);
  });
});

describe("what SDKs for other languages send, by their sources, becomes what they mean", () => {
  test.each(imitations())("as by $name", async ({ request, expected }) => {
    const { statuses, projects, events, rejected } = await replay([request], expected.token);
    expect(statuses).toEqual([200]);
    expect(rejected).toEqual([]);
    expect(projects).toEqual([expected.token]);
    expectArrived(events, expected.events);
  });
});
