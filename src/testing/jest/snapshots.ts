import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { compileFunction } from "node:vm";
import { expect } from "vitest";

/** How Jest printed values: up to version 28, and since. */
const STYLES = [
  { escapeString: true, printBasicPrototype: true },
  { escapeString: false, printBasicPrototype: false },
];

interface Verdict {
  pass: boolean;
  message: () => string;
}

interface MatcherState {
  currentTestName?: string;
  utils: { stringify(value: unknown, maxDepth: number, options: object): string };
}

/**
 * Snapshots as Jest wrote them, with their names and in their style, which vitest's matchers would not find. They are read
 * only: what is not in the file fails, since its author has to write it.
 */
export function snapshotMatchers(file: string) {
  const stored = readSnapshots(file);
  const counts = new Map<string, number>();

  function nextName(test: string, hint: string | undefined): string {
    const name = hint === undefined ? test : `${test}: ${hint}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return `${name} ${count}`;
  }

  function compareStored(state: MatcherState, value: unknown, hint: string | undefined): Verdict {
    // Vitest joins the names of suites and test by an arrow, Jest did by a blank.
    const name = nextName((state.currentTestName ?? "").replaceAll(" > ", " "), hint);
    const snapshot = stored[name];
    if (snapshot !== undefined) return compare(state, value, snapshot);
    const message = () =>
      `there is no snapshot "${name}" in __snapshots__/${basename(file)}: write it with the app's own Jest`;
    return { pass: false, message };
  }

  return {
    toMatchSnapshot(this: MatcherState, received: unknown, ...given: [unknown?, string?]) {
      const [first, second] = given;
      if (typeof first !== "object" || first === null) {
        return compareStored(this, received, first as string | undefined);
      }
      expect(received).toMatchObject(first);
      return compareStored(this, Object.assign({}, received, first), second);
    },
    toMatchInlineSnapshot(this: MatcherState, received: unknown, ...given: unknown[]) {
      return compare(this, received, String(given.at(-1) ?? ""));
    },
    toThrowErrorMatchingSnapshot(this: MatcherState, received: unknown, hint?: string) {
      return compareStored(this, thrownBy(received), hint);
    },
    toThrowErrorMatchingInlineSnapshot(this: MatcherState, received: unknown, snapshot: string) {
      return compare(this, thrownBy(received), snapshot);
    },
  };
}

function compare({ utils }: MatcherState, value: unknown, snapshot: string): Verdict {
  const printed = STYLES.map((style) =>
    utils.stringify(value, Infinity, { ...style, maxLength: Infinity }).trim(),
  );
  const expected = withoutIndentation(snapshot);
  const message = () => `the snapshot is\n${expected}\nbut the value is\n${printed.at(-1)}`;
  return { pass: printed.includes(expected), message };
}

/** Inline snapshots are indented like the code around them. */
function withoutIndentation(text: string): string {
  const indentation = /^\n([ \t]+)/.exec(text)?.[1];
  return (indentation ? text.replaceAll(`\n${indentation}`, "\n") : text).trim();
}

/** The message of what a function throws, or of an error that `.rejects` has caught. */
function thrownBy(received: unknown): string {
  try {
    const value = typeof received === "function" ? received() : received;
    return value instanceof Error ? value.message : "nothing was thrown";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A snapshot file is a program that fills `exports`. */
function readSnapshots(file: string): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    // Most tests have none.
    return {};
  }
  const exports: Record<string, string> = {};
  compileFunction(text, ["exports"], { filename: file })(exports);
  return exports;
}
