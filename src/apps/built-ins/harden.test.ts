import { describe, expect, test } from "vitest";
import { RetryError } from "../errors.ts";
import { hardenBuiltIns } from "./harden.ts";
import { mendRegExp } from "./regexp.ts";

hardenBuiltIns();

/** Assigns in the way that a type checker would not see through. */
const assign = (object: object, name: string) => Reflect.set(object, name, () => "spoilt");

describe("closed built-ins", () => {
  test.each<[string, object, string]>([
    ["Array.prototype", Array.prototype, "map"],
    ["Object.prototype", Object.prototype, "polluted"],
    ["Promise.prototype", Promise.prototype, "then"],
    ["JSON", JSON, "stringify"],
    ["Math", Math, "random"],
    ["Date", Date, "now"],
    ["Response.prototype", Response.prototype, "json"],
    ["RetryError.prototype", RetryError.prototype, "extra"],
    ["the iterators of arrays", Object.getPrototypeOf([].values()) as object, "next"],
  ])("do not change: %s", (_name, object, name) => {
    const before = Reflect.get(object, name) as unknown;
    assign(object, name);
    expect(Reflect.get(object, name)).toBe(before);
  });

  test("leave names assignable on objects of one's own", () => {
    class Named extends Error {
      constructor() {
        super("text");
        this.name = "Named";
      }
    }
    const words: Record<string, number> = {};
    for (const word of ["constructor", "toString", "hasOwnProperty"]) words[word] = 1;
    expect(String(new Named())).toBe("Named: text");
    expect(Object.keys(words)).toEqual(["constructor", "toString", "hasOwnProperty"]);
    expect(Object.assign([1], { toString: () => "own" }).toString()).toBe("own");
  });

  test("make no functions of text", () => {
    const { constructor } = fetch as unknown as { constructor: (text: string) => unknown };
    expect(() => constructor("return process")).toThrow(EvalError);
    expect(fetch).toBeInstanceOf(constructor);
  });
});

test("regular expressions get back what an app took from them", () => {
  const prototype = RegExp.prototype as unknown as Record<string, unknown>;
  Object.defineProperty(prototype, "exec", { value: () => null });
  Object.defineProperty(prototype, "flags", { get: () => "spoilt", configurable: true });
  prototype["extra"] = 1;
  mendRegExp();
  expect("a-b".replace(/-/g, "+")).toBe("a+b");
  expect(/x/g.flags).toBe("g");
  expect("extra" in prototype).toBe(false);
});
