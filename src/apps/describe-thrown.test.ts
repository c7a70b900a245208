import { describe, expect, test } from "vitest";
import { describeThrown, summariseThrown } from "./describe-thrown.ts";
import { RetryError } from "./errors.ts";

const readFrames = () => ["    at processEvent (plugins/app/index.ts:3)"];
const noFrames = () => [];

describe("a thrown value", () => {
  test.each([
    ["a string", "str", "str"],
    ["an object", { code: 1 }, '{"code":1}'],
    ["a list", [1, 2], "[1,2]"],
    ["nothing", undefined, "undefined"],
    ["an object with a text", { toString: (): string => "own text" }, "own text"],
    ["a symbol", Symbol("s"), "Symbol(s)"],
  ])("that is %s reads as the console would print it", (_case, thrown, expected) => {
    expect(describeThrown(thrown, readFrames)).toBe(expected);
    expect(summariseThrown(thrown)).toBe(expected);
  });

  test("that is an error has the app's own frames and its causes", () => {
    const error = new TypeError("outer", { cause: new Error("inner", { cause: "the root" }) });
    expect(describeThrown(error, readFrames)).toBe(
      [
        "TypeError: outer",
        "    at processEvent (plugins/app/index.ts:3)",
        "Caused by: Error: inner",
        "    at processEvent (plugins/app/index.ts:3)",
        "Caused by: the root",
      ].join("\n"),
    );
  });

  test("that is an AggregateError names what it is made of", () => {
    const error = new AggregateError([new Error("refused by A"), new Error("refused by B")], "");
    expect(describeThrown(error, noFrames)).toBe(
      "AggregateError\nOne of its errors: Error: refused by A\nOne of its errors: Error: refused by B",
    );
  });

  test("that is a RetryError says which attempt it was", () => {
    const error = new RetryError("down");
    error._attempt = 2;
    error._maxAttempts = 6;
    expect(describeThrown(error, noFrames)).toBe("RetryError (attempt 2/6): down");
  });

  test("that is its own cause comes to an end", () => {
    const error = new Error("round");
    error.cause = error;
    expect(describeThrown(error, noFrames).split("\n")).toHaveLength(6);
  });

  test.each([
    ["throws when it is looked at", Object.defineProperty(new Error("x"), "message", { get: () => fail() })],
    ["throws instead of a text", { toString: fail }],
    ["has no text at all", Object.create(null) as object],
  ])("that %s does no harm", (_case, thrown) => {
    expect(describeThrown(thrown, noFrames)).toBe("(a thrown value that has no text)");
    expect(summariseThrown(thrown)).toBe("(a thrown value that has no text)");
  });
});

function fail(): never {
  throw new Error("hostile");
}
