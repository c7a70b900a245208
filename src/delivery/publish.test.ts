import { expect, test } from "vitest";
import type { AppEvent } from "../apps/leftovers.ts";
import { leftoverMessages } from "./publish.ts";

const event = (uuid: string): AppEvent => ({
  uuid,
  event: "derived",
  distinct_id: "u1",
  timestamp: "2030-01-31T12:00:00.000Z",
  properties: {},
});

test("what apps captured is one message, in whatever order their hooks ended when the work was done again", () => {
  const idOf = (...uuids: string[]) =>
    leftoverMessages(
      {
        id: "work",
        captured: [{ project: "phc_test", generation: 1, events: uuids.map(event) }],
        jobs: [],
        added: [],
        generation: 0,
        locations: new Map(),
      },
      { maxMessageBytes: 1_000_000, now: () => new Date(0) },
    ).map(({ id }) => id);
  expect(idOf("b", "a")).toEqual(idOf("a", "b"));
  expect(idOf("a")).not.toEqual(idOf("a", "b"));
});
