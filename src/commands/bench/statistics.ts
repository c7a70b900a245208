/** What several rounds gave: their middle, and how far they lie apart. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** Throws on no values: a round that did not take place has no number. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  const lower = sorted[sorted.length % 2 === 0 ? middle - 1 : middle];
  if (min === undefined || max === undefined || upper === undefined || lower === undefined) {
    throw new Error("no rounds were measured: ask for at least one");
  }
  return { median: (lower + upper) / 2, min, max };
}
