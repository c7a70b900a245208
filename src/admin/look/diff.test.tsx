/** @jsxImportSource #jsx */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diffLines } from "./diff-lines.ts";
import { Diff } from "./diff.tsx";

describe("a difference", () => {
  test("leads from one side to the other, whatever they are", () => {
    const lines = fc.array(fc.constantFrom("a", "b", "c", "{"), { maxLength: 20 });
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const diff = diffLines(before, after);
        const without = (kind: string) => diff.filter((line) => line.kind !== kind).map(({ text }) => text);
        expect(without("added")).toEqual(before);
        expect(without("removed")).toEqual(after);
      }),
    );
  });

  test("shows only what differs as different, and does not mind the order of keys", () => {
    const html = (<Diff label="d" before={{ a: 1, b: 2 }} after={{ b: 3, a: 1 }} />).toString();
    expect(html).toContain("<del>-   &quot;b&quot;: 2");
    expect(html).toContain("<ins>+   &quot;b&quot;: 3");
    expect(html.match(/<(?:ins|del)>/g)).toHaveLength(2);
    expect((<Diff label="d" before={{ a: 1, b: 2 }} after={{ b: 2, a: 1 }} />).toString()).toContain(
      "Nothing changed",
    );
  });

  test("does not show a line as changed because another comes after it", () => {
    const html = (<Diff label="d" before={{ a: 1 }} after={{ a: 1, b: 2 }} />).toString();
    expect(html.match(/<(?:ins|del)>.*/g)).toEqual(["<ins>+   &quot;b&quot;: 2"]);
  });
});
