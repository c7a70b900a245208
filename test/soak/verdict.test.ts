import { describe, expect, test } from "vitest";
import { kindOf, type KeyKind, type Sample } from "./sample.ts";
import { riseOf } from "./trend.ts";
import { judge } from "./verdict.ts";

/** A sample each 10 s for ten minutes. */
function samples(at: (second: number) => { gateway?: number; heap?: number; kind?: KeyKind }): Sample[] {
  return Array.from({ length: 61 }, (_, index) => {
    const { gateway = 100, heap = 7, kind } = at(index * 10);
    return {
      atSeconds: index * 10,
      heapMb: heap,
      rssMb: { gateway, stack: 100, redis: 10 },
      depth: { messages: 0, buffers: 0 },
      kinds: new Map(kind ? [["message:deliver", kind]] : []),
    };
  });
}

const isOk = (all: readonly Sample[]) => judge(all).every(({ ok }) => ok);

test("a line through the points tells their rise, whatever scatters around it", () => {
  const points = [0, 1, 2, 3].map((atSeconds) => ({ atSeconds, value: 5 + atSeconds * 2 }));
  expect(riseOf(points)).toBeCloseTo(6);
  expect(riseOf(points.slice(0, 1))).toBe(0);
});

describe("the verdict", () => {
  test("takes memory that rose while the process warmed up", () => {
    expect(isOk(samples((second) => ({ gateway: Math.min(200, 50 + second) })))).toBe(true);
  });

  test("does not take memory that goes on rising", () => {
    expect(isOk(samples((second) => ({ gateway: 50 + second })))).toBe(false);
  });

  test("does not take live objects that become more and more", () => {
    expect(isOk(samples((second) => ({ heap: 7 + second / 100 })))).toBe(false);
  });

  test("does not take keys that grow although they live shortly", () => {
    const kind = (second: number) => ({ keys: second, bytes: second * 1000, lifeSeconds: 60 });
    expect(isOk(samples((second) => ({ kind: kind(second) })))).toBe(false);
  });

  test("says where keys level off that outlive the run", () => {
    const kind = (second: number) => ({ keys: second, bytes: second * 1000, lifeSeconds: 10_000 });
    const judgements = judge(samples((second) => ({ kind: kind(second) })));
    expect(judgements.every(({ ok }) => ok)).toBe(true);
    expect(judgements.at(-1)?.text).toContain("level off at 10.0 MB");
  });
});

test.each([
  ["app:phc_chaos:visits:cache:person-7", "app:cache"],
  ["export:phc_chaos:warehouse:batch:0199-7:0", "export:batch"],
  ["dead:entry:0199", "dead:entry"],
  ["dead:phc_chaos", "dead"],
  ["qstash:message:msg_1", "qstash"],
])("%s is of the kind %s", (name, kind) => {
  expect(kindOf(name)).toBe(kind);
});
