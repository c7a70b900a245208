import { expect, test } from "vitest";
import { normaliseUuid } from "./capture/uuid.ts";
import { deriveId, deriveUuid } from "./derived-id.ts";

test("the same parts give the same id, other parts or other borders between them another", () => {
  const ids = [deriveId("a", "bc"), deriveId("ab", "c"), deriveId("a", "bc", ""), deriveId("abc")];
  expect(deriveId("a", "bc")).toBe(ids[0]);
  expect(new Set(ids).size).toBe(ids.length);
});

test("a derived id is one that QStash takes, a derived UUID one that PostHog takes", () => {
  expect(deriveId("a")).toMatch(/^[\w-]{43}$/);
  const uuid = deriveUuid("a");
  expect(normaliseUuid(uuid)).toBe(uuid);
  expect(uuid).toMatch(/^.{14}8.{4}[89ab]/);
});
