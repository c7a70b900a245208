import { afterEach, expect, test, vi } from "vitest";
import { requireProgram } from "./requirements.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test("a program on PATH is given by its path", () => {
  vi.stubEnv("PATH", `/nowhere:${process.env["PATH"]}`);
  expect(requireProgram("sh")).toMatch(/^\/.*\/sh$/);
});

test("a missing program is null, and the console says what does not run", () => {
  vi.stubEnv("REQUIRE_ALL", "");
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  expect(requireProgram("no-such-program")).toBeNull();
  expect(warn).toHaveBeenCalledExactlyOnceWith(
    expect.stringMatching(/^skipped: no-such-program .*Install it/),
  );
});

test("under REQUIRE_ALL=1 a missing program fails the run", () => {
  vi.stubEnv("REQUIRE_ALL", "1");
  expect(() => requireProgram("no-such-program")).toThrow(/no-such-program.*REQUIRE_ALL/);
});
