export interface DiffLine {
  kind: "same" | "removed" | "added";
  text: string;
}

/** Lines that are the same and shown before and after what differs. */
const CONTEXT_LINES = 3;

/** What differs with the lines around it; a number stands for so many lines between. */
export function foldLines(lines: readonly DiffLine[]): (DiffLine | number)[] {
  const folded: (DiffLine | number)[] = [];
  const isNear = (index: number) =>
    lines
      .slice(Math.max(0, index - CONTEXT_LINES), index + CONTEXT_LINES + 1)
      .some(({ kind }) => kind !== "same");
  for (const [index, line] of lines.entries()) {
    const last = folded.at(-1);
    if (isNear(index)) folded.push(line);
    else if (typeof last === "number") folded[folded.length - 1] = last + 1;
    else folded.push(1);
  }
  return folded;
}

/** Beyond so many comparisons both sides are shown one after the other: a page is for reading. */
const MAX_COMPARISONS = 1_000_000;

/** The shortest way from one list of lines to another: what both have, what went and what came, in reading order. */
export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  const start = firstDifference(before, after);
  const [left, right] = [before.slice(start), after.slice(start)];
  const same = before.slice(0, start).map((text): DiffLine => ({ kind: "same", text }));
  if (left.length * right.length > MAX_COMPARISONS) {
    return [...same, ...left.map(removed), ...right.map(added)];
  }
  const common = commonLengths(left, right);
  const lengthFrom = (i: number, j: number) => common[i]?.[j] ?? 0;
  const lines = same;
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    const [gone, come] = [left[i], right[j]];
    if (gone !== undefined && gone === come) {
      lines.push({ kind: "same", text: gone });
      i++;
      j++;
    } else if (gone !== undefined && (come === undefined || lengthFrom(i + 1, j) >= lengthFrom(i, j + 1))) {
      lines.push(removed(gone));
      i++;
    } else if (come !== undefined) {
      lines.push(added(come));
      j++;
    }
  }
  return lines;
}

const removed = (text: string): DiffLine => ({ kind: "removed", text });
const added = (text: string): DiffLine => ({ kind: "added", text });

function firstDifference(before: readonly string[], after: readonly string[]): number {
  let index = 0;
  while (index < before.length && before[index] === after[index]) index++;
  return index;
}

/** At [i][j]: how many lines, in order, what follows i and what follows j have in common. */
function commonLengths(left: readonly string[], right: readonly string[]): number[][] {
  const lengths: number[][] = [Array<number>(right.length + 1).fill(0)];
  for (const line of left.toReversed()) {
    const below = lengths[0] ?? [];
    const row = Array<number>(right.length + 1).fill(0);
    for (let j = right.length - 1; j >= 0; j--) {
      row[j] = line === right[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
    lengths.unshift(row);
  }
  return lengths;
}
