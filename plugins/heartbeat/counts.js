/** Names beyond these are counted together, so that made-up names cannot grow what is kept without end. */
const MAX_NAMES = 200;
const OTHER_NAMES = "(other)";

/** Adds names to counts by name: `["a", "b", "a"]` is `{ a: 2, b: 1 }`. */
export function countNames(names, counts = {}) {
  // A Map, because `constructor` is a name like any other.
  const counted = new Map(Object.entries(counts));
  for (const name of names) {
    const key = counted.has(name) || counted.size < MAX_NAMES ? name : OTHER_NAMES;
    counted.set(key, (counted.get(key) ?? 0) + 1);
  }
  return Object.fromEntries(counted);
}

/** What was counted since `before`, names without an event left out. A count that has shrunk was begun anew. */
export function difference(counts = {}, before = {}) {
  const earlier = new Map(Object.entries(before));
  const added = Object.entries(counts).map(([name, count]) => {
    const known = earlier.get(name) ?? 0;
    return [name, known > count ? count : count - known];
  });
  return Object.fromEntries(added.filter(([, count]) => count > 0));
}

/** All counts together. */
export function sum(counts) {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
