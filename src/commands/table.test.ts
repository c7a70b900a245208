import { expect, test } from "vitest";
import { formatTable } from "./table.ts";

test("columns are as wide as their widest cell, text left, numbers right, groups named once", () => {
  const table = formatTable(
    [{ title: "fruit", align: "left" }, { title: "from", align: "left" }, { title: "kg" }],
    [
      ["apple", "Poland", "7"],
      ["apple", "Italy", "12"],
      ["fig", "Italy", "1234"],
    ],
  );
  expect(table.split("\n")).toEqual([
    "fruit  from      kg",
    "─────  ──────  ────",
    "apple  Poland     7",
    "       Italy     12",
    "fig    Italy   1234",
  ]);
});

test("a table without rows is its titles", () => {
  expect(formatTable([{ title: "kg" }], [])).toBe("kg\n──");
});
