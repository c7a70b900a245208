import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createUuidV7, normaliseUuid } from "./uuid.ts";

const UUID = "0190f0f0-1234-7abc-8def-0123456789ab";

describe("a uuid", () => {
  test.each([
    UUID,
    UUID.toUpperCase(),
    `{${UUID}}`,
    `urn:uuid:${UUID}`,
    `URN:UUID:${UUID.toUpperCase()}`,
    UUID.replaceAll("-", ""),
  ])("written %s is read in its one form", (text) => {
    expect(normaliseUuid(text)).toBe(UUID);
  });

  test.each(["x", `${UUID}0`, `{${UUID}`, UUID.replace("-", "_"), ` ${UUID}`, UUID.replace("0", "g")])(
    "written %j is none",
    (text) => {
      expect(normaliseUuid(text)).toBeNull();
    },
  );

  test("made for an event begins with the event's time and is of version 7", () => {
    const uuidV7 = createUuidV7((count) => new Uint8Array(count).fill(0xff));
    expect(uuidV7(Date.parse("2023-01-01T12:00:00Z"))).toBe("01856d33-f600-7fff-bfff-ffffffffffff");
  });

  test("is canonical for every time, also before 1970", () => {
    const uuidV7 = createUuidV7((count) => crypto.getRandomValues(new Uint8Array(count)));
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (time) => {
        const uuid = uuidV7(time);
        expect(uuid).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
        expect(normaliseUuid(uuid)).toBe(uuid);
      }),
    );
  });

  test("is never made twice", () => {
    const uuidV7 = createUuidV7((count) => crypto.getRandomValues(new Uint8Array(count)));
    expect(new Set(Array.from({ length: 1000 }, () => uuidV7(0))).size).toBe(1000);
  });
});
