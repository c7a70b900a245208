interface Entry {
  id: string;
  at: number;
}

/** Ids by the time at which each is due. Those of the same time come in the order of their ids. */
export interface Timetable {
  readonly size: number;
  has(id: string): boolean;
  /** Enters an id, or moves it to another time. */
  set(id: string, at: number): void;
  delete(id: string): void;
  /** The earliest time; null when it is empty. */
  next(): number | null;
  /** Takes out at most `limit` ids that are due, earliest first. */
  take(now: number, limit: number): string[];
}

/** Makes an empty timetable: a binary heap, so that every change costs the logarithm of its size. */
export function createTimetable(): Timetable {
  const times = new Map<string, number>();
  const heap: Entry[] = [];

  /** Entries that were moved or deleted stay in the heap until they come up. */
  const first = (): Entry | undefined => {
    for (let top = heap[0]; top !== undefined; top = heap[0]) {
      if (times.get(top.id) === top.at) return top;
      removeFirst(heap);
    }
    return undefined;
  };

  return {
    get size() {
      return times.size;
    },
    has: (id) => times.has(id),
    set(id, at) {
      if (times.get(id) === at) return;
      times.set(id, at);
      insert(heap, { id, at });
    },
    delete(id) {
      times.delete(id);
    },
    next: () => first()?.at ?? null,
    take(now, limit) {
      const taken: string[] = [];
      for (let top = first(); top !== undefined && top.at <= now && taken.length < limit; top = first()) {
        taken.push(top.id);
        times.delete(top.id);
      }
      return taken;
    },
  };
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.id < b.id);
}

function insert(heap: Entry[], entry: Entry): void {
  let index = heap.length;
  while (index > 0) {
    const parentIndex = (index - 1) >> 1;
    const parent = heap[parentIndex];
    if (parent === undefined || !before(entry, parent)) break;
    heap[index] = parent;
    index = parentIndex;
  }
  heap[index] = entry;
}

function removeFirst(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    const [leftIndex, rightIndex] = [2 * index + 1, 2 * index + 2];
    const [left, right] = [heap[leftIndex], heap[rightIndex]];
    if (left === undefined) break;
    const [child, childIndex] =
      right !== undefined && before(right, left) ? [right, rightIndex] : [left, leftIndex];
    if (!before(child, last)) break;
    heap[index] = child;
    index = childIndex;
  }
  heap[index] = last;
}
