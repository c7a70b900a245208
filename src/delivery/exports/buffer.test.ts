import { expect, test } from "vitest";
import { dueMember, readMember } from "./buffer.ts";

test.each([
  ["phc_test", "exporter", undefined, { plugin: "exporter", buffer: null, batch: null }],
  ["phc_test", "app/3", "m:0", { plugin: "app", buffer: 3, batch: "m:0" }],
  ["a token", "exporter", "m:1", { plugin: "exporter", buffer: null, batch: "m:1" }],
  ["100%20 %", "exporter", undefined, { plugin: "exporter", buffer: null, batch: null }],
])("a buffer is found again by its name, whatever the token is (%s)", (project, name, batch, expected) => {
  expect(readMember(dueMember(project, name, batch))).toEqual({ project, name, ...expected });
});
