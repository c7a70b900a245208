import fc from "fast-check";
import { expect, test } from "vitest";
import { type OrderedApp, ordersFor } from "./order.ts";

const chain = (...orders: number[]): OrderedApp[] =>
  orders.map((order, index) => ({ plugin: "abcdefgh"[index] ?? "", order }));

test("an app moves by its own order alone where its neighbours leave room", () => {
  expect(ordersFor(chain(1, 2, 3), "c", 1)).toEqual([{ plugin: "c", order: 0 }]);
  expect(ordersFor(chain(1, 2, 3), "c", 2)).toEqual([{ plugin: "c", order: 1.5 }]);
  expect(ordersFor(chain(1, 2, 3), "a", 99)).toEqual([{ plugin: "a", order: 4 }]);
  expect(ordersFor(chain(1, 2, 3), "b", 2)).toEqual([]);
});

test("all are numbered anew where they leave none", () => {
  expect(ordersFor(chain(1, 2, 2, 3), "d", 3)).toEqual([
    { plugin: "a", order: 1 },
    { plugin: "b", order: 2 },
    { plugin: "d", order: 3 },
    { plugin: "c", order: 4 },
  ]);
});

test("any number of moves leaves the app where it was put", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 8 }),
      fc.array(fc.tuple(fc.nat(7), fc.integer({ min: 1, max: 8 })), { maxLength: 200 }),
      (orders, moves) => {
        let apps = chain(...orders.toSorted());
        for (const [index, position] of moves) {
          const { plugin } = apps[index % apps.length] as OrderedApp;
          const target = Math.min(position, apps.length);
          const changed = ordersFor(apps, plugin, target);
          const expected = apps
            .filter((app) => app.plugin !== plugin)
            .toSpliced(target - 1, 0, { plugin, order: 0 })
            .map((app) => app.plugin);
          apps = apps
            .map((app) => changed.find((other) => other.plugin === app.plugin) ?? app)
            .toSorted((a, b) => a.order - b.order || expected.indexOf(a.plugin) - expected.indexOf(b.plugin));
          expect(apps.map((app) => app.plugin)).toEqual(expected);
        }
      },
    ),
  );
});
