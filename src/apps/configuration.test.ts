import { expect, test } from "vitest";
import { idleConditions, missingFields } from "./configuration.ts";
import { manifestSchema } from "./manifest.ts";

test("a condition on a field that does not exist is told by field and condition", () => {
  const manifest = manifestSchema.parse({
    config: [
      { key: "a" },
      { key: "b", required_if: [["a"], ["gone", 1]], visible_if: [["away"]] },
      { markdown: "text", visible_if: [["a", "x"]] },
    ],
  });
  expect(idleConditions(manifest)).toEqual([
    "b: required_if asks for gone, and there is no such field",
    "b: visible_if asks for away, and there is no such field",
  ]);
});

test("an empty list of conditions requires nothing, and hides nothing", () => {
  const manifest = manifestSchema.parse({
    config: [
      { key: "a", required_if: [] },
      { key: "b", required: true, visible_if: [] },
    ],
  });
  expect(missingFields(manifest, {}, {})).toEqual(["b"]);
});

test("a required field that is not shown is not asked for, and one that is shown is", () => {
  const manifest = manifestSchema.parse({
    config: [{ key: "mode" }, { key: "a", required: true, visible_if: [["mode", "on"]] }],
  });
  expect(missingFields(manifest, { mode: "off" }, {})).toEqual([]);
  expect(missingFields(manifest, { mode: "on" }, {})).toEqual(["a"]);
});
