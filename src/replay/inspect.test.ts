import * as fc from "fast-check";
import { expect, test } from "vitest";
import { CaptureError } from "../capture/errors.ts";
import { inspectRecording } from "./inspect.ts";
import { SNAPSHOT, TOKEN } from "./replay.fixture.ts";

/** True for a project or a refusal; anything else is thrown on. */
function isDecided(bytes: Uint8Array): boolean {
  try {
    return typeof inspectRecording(bytes) === "string";
  } catch (error) {
    if (error instanceof CaptureError) return true;
    throw error;
  }
}

test("no bytes whatever bring it down", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), isDecided));
});

test("nor does a recording with a byte changed, or its end cut off", () => {
  const recording = Buffer.from(JSON.stringify([SNAPSHOT, SNAPSHOT]));
  const place = fc.nat({ max: recording.length - 1 });
  fc.assert(
    fc.property(place, fc.nat({ max: 255 }), (at, byte) => isDecided(recording.with(at, byte))),
    { numRuns: 500 },
  );
  fc.assert(fc.property(place, (length) => isDecided(recording.subarray(0, length))));
});

test("finds the project whatever else the recording holds", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue()), (content, others) => {
      const snapshot = {
        ...others,
        ...SNAPSHOT,
        properties: { ...others, ...SNAPSHOT.properties, $snapshot_data: [content] },
      };
      // Own tokens of the root would go before the one in the properties.
      for (const name of ["token", "$token", "api_key"]) delete (snapshot as Record<string, unknown>)[name];
      expect(inspectRecording(Buffer.from(JSON.stringify([snapshot])))).toBe(TOKEN);
    }),
  );
});
