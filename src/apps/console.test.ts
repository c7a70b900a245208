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
    [
      [
        new (class Cart {
          items = 2;
        })(),
      ],
      '{"items":2}',
    ],
    [[Object], "function Object() { [native code] }"],
    [[Symbol("s")], "Symbol(s)"],
    [[[undefined, new Map()]], "[null,{}]"],
    [[{ toJSON: () => undefined }], ""],
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
    const { entries, console } = record();
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    await expect(console.log(circular)).rejects.toThrow("circular");
    expect(entries).toEqual([["LOG", expect.stringMatching(/^\(a value that console\.log cannot print: /)]]);
  });
});
