import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTimetable } from "./timetable.ts";

describe("createTimetable", () => {
  it("gives ids by time, then by name, never before their time and never twice", () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant("set" as const),
        id: fc.integer({ min: 0, max: 9 }),
        at: fc.integer({ min: 0, max: 20 }),
      }),
      fc.record({ kind: fc.constant("delete" as const), id: fc.integer({ min: 0, max: 9 }) }),
      fc.record({
        kind: fc.constant("take" as const),
        now: fc.integer({ min: 0, max: 20 }),
        limit: fc.integer({ min: 0, max: 5 }),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const timetable = createTimetable();
        const model = new Map<string, number>();
        const sorted = () => [...model].toSorted(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
        for (const each of steps) {
          if (each.kind === "set") {
            timetable.set(`${each.id}`, each.at);
            model.set(`${each.id}`, each.at);
          } else if (each.kind === "delete") {
            timetable.delete(`${each.id}`);
            model.delete(`${each.id}`);
          } else {
            const due = sorted()
              .filter(([, at]) => at <= each.now)
              .slice(0, each.limit)
              .map(([id]) => id);
            expect(timetable.take(each.now, each.limit)).toEqual(due);
            for (const id of due) model.delete(id);
          }
          expect(timetable.next()).toBe(sorted()[0]?.[1] ?? null);
          expect(timetable.size).toBe(model.size);
        }
      }),
    );
  });
});
