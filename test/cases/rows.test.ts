import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { numbersIn, ROWS } from "./rows.ts";

const directory = join(import.meta.dirname, "..");
const readme = readFileSync(join(import.meta.dirname, "README.md"), "utf8");
const sorted = (numbers: Iterable<number>) => [...new Set(numbers)].toSorted((a, b) => a - b);

/** Numbers in brackets at the end of a test's name, by suite. */
const tested = Object.fromEntries(
  globSync("**/*.ts", { cwd: directory }).flatMap((file) => {
    const code = readFileSync(join(directory, file), "utf8");
    const tags = [...code.matchAll(/ \[(\d+(?:(?:, |–)\d+)*)\](?=["`:])/g)].map(([, list = ""]) => list);
    return tags.length > 0 ? [[file, sorted(numbersIn(tags.join()))]] : [];
  }),
);

test("README names the suite of every case, as the tests' names do", () => {
  const told = [...readme.matchAll(/^\| `(\S+\.ts)` \| ([\d, –]+) \|$/gm)].map(
    ([, file = "", list = ""]) => [file, numbersIn(list)] as const,
  );
  expect(Object.fromEntries(told)).toEqual(tested);
});

test("every case of the specification is tested, or README says why it has no meaning here", () => {
  const table = readme.split("Without meaning here")[1] ?? "";
  const meaningless = [...table.matchAll(/^\| (.*) \| /gm)].flatMap(([, what = ""]) =>
    [...what.matchAll(/\(([\d, –]+)\)/g)].flatMap(([, list = ""]) => numbersIn(list)),
  );
  const known = new Set([...Object.values(tested).flat(), ...meaningless]);
  expect(ROWS.filter((row) => !known.has(row))).toEqual([]);
  expect(ROWS).toHaveLength(207);
});
