import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { createScriptTranslation } from "./scripts.ts";

const script = (n: number) => `#!lua\nreturn ${n}`;
const sha1 = (text: string) => createHash("sha1").update(text).digest("hex");

test.each([
  [["EVAL", "return 1", "0"]],
  [["EVAL", "-- #!lua\nreturn 1", "0"]],
  [["EVAL", "#!luajit\nreturn 1", "0"]],
  [["EVAL"]],
  [["EVALSHA", sha1("unknown"), "0"]],
  [["FUNCTION", "LOAD", "#!lua name=lib\nreturn 1"]],
  [["SCRIPT", "FLUSH"]],
  [["SET", "eval", "#!lua\n"]],
])("%j goes to the store as it is", (command) => {
  expect(createScriptTranslation()(command)).toEqual({ command });
});

test("the first line goes, its line end stays, and so does everything after it", () => {
  const translate = createScriptTranslation();
  expect(translate(["eval", "#!lua flags=allow-key-locking\nreturn ARGV[1]\n#!lua", "0", "a"])).toEqual({
    command: ["eval", "\nreturn ARGV[1]\n#!lua", "0", "a"],
  });
  expect(translate(["EVAL_RO", "#!lua", "0"])).toEqual({ command: ["EVAL_RO", "", "0"] });
});

test("SCRIPT LOAD is answered with the SHA-1 that the caller computes, by which EVALSHA finds the stored script", () => {
  const translate = createScriptTranslation();
  const written = "#!lua flags=allow-key-locking\nreturn 1";
  expect(translate(["SCRIPT", "LOAD", written])).toEqual({
    command: ["SCRIPT", "LOAD", "\nreturn 1"],
    answer: sha1(written),
  });
  expect(translate(["EVALSHA_RO", sha1(written), "0"]).command).toEqual([
    "EVALSHA_RO",
    sha1("\nreturn 1"),
    "0",
  ]);
  expect(translate(["SCRIPT", "EXISTS", sha1(written), "x"]).command).toEqual([
    "SCRIPT",
    "EXISTS",
    sha1("\nreturn 1"),
    "x",
  ]);
});

test("what is remembered is bounded, and the oldest script is forgotten first", () => {
  const translate = createScriptTranslation();
  for (let n = 0; n <= 10_000; n++) translate(["EVAL", script(n), "0"]);
  expect(translate(["EVALSHA", sha1(script(0)), "0"]).command).toEqual(["EVALSHA", sha1(script(0)), "0"]);
  expect(translate(["EVALSHA", sha1(script(1)), "0"]).command).toEqual(["EVALSHA", sha1("\nreturn 1"), "0"]);
});
