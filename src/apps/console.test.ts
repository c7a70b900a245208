import { describe, expect, test } from "vitest";
import { createAppConsole } from "./console.ts";

function record() {
  const entries: [string, string][] = [];
  return { entries, console: createAppConsole((level, message) => entries.push([level, message])) };
}

describe("an app's console", () => {
  test.each([
    [[], ""],
    [["number =", 987], "number = 987"],
    [[[99, 79]], "[99,79]"],
    [[{ a: 1 }], '{"a":1}'],
    [[new Error("lost")], "Error: lost"],
    [[undefined, null, true], "undefined null true"],
    [[new Map()], "[object Map]"],
    [["%s", "x"], "%s x"],
    [[{ toString: () => "own text" }], "own text"],
  ])("formats %j as PostHog did", (values, expected) => {
    const { entries, console } = record();
    void console.log(...values);
    expect(entries).toEqual([["LOG", expected]]);
  });

  test("has a level for each of its five methods and no others", () => {
    const { entries, console } = record();
    for (const method of Object.values(console)) void method("x");
    expect(entries.map(([level]) => level)).toEqual(["DEBUG", "LOG", "INFO", "WARN", "ERROR"]);
    expect("table" in console).toBe(false);
  });

  test("rejects the promise, not the call, for a value that cannot be formatted", async () => {
    const { console } = record();
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    await expect(console.log(circular)).rejects.toThrow();
  });
});
