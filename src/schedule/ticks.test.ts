import { describe, expect, test } from "vitest";
import { minuteOf, tasksDue } from "./ticks.ts";

const at = (day: number, time: string) => Date.parse(`2036-03-0${day}T${time}:00Z`);
const names = (tickAt: number, last: number | null) =>
  tasksDue(tickAt, last).map(({ task }) => task.slice(8));

describe("the tasks due at a tick", () => {
  test.each<[what: string, tickAt: number, last: number | null, due: string[]]>([
    ["a minute after the last", at(1, "11:01"), at(1, "11:00"), ["Minute"]],
    ["at a full hour", at(1, "11:00"), at(1, "10:59"), ["Minute", "Hour"]],
    ["at midnight", at(2, "00:00"), at(1, "23:59"), ["Minute", "Hour", "Day"]],
    ["after a full hour was missed", at(1, "11:07"), at(1, "10:59"), ["Minute", "Hour"]],
    ["after midnight was missed", at(2, "14:30"), at(1, "23:58"), ["Minute", "Hour", "Day"]],
    ["after days without one, each once", at(5, "14:30"), at(1, "10:00"), ["Minute", "Hour", "Day"]],
    ["the same minute again", at(1, "11:00"), at(1, "11:00"), []],
    ["a clock that was set back a little", at(1, "10:58"), at(1, "11:00"), []],
    ["the first ever", at(1, "11:30"), null, ["Minute"]],
    ["the first ever, at a full hour", at(1, "11:00"), null, ["Minute", "Hour"]],
  ])("%s", (_what, tickAt, last, due) => {
    expect(names(tickAt, last)).toEqual(due);
  });

  test("are for the boundary that was missed, so that a late one is one run with the one in time", () => {
    expect(tasksDue(at(1, "11:07"), at(1, "10:59"))).toEqual([
      { task: "runEveryMinute", dueAt: at(1, "11:07") },
      { task: "runEveryHour", dueAt: at(1, "11:00") },
    ]);
  });
});

test("a tick that fires a little early is for the minute that it was meant for", () => {
  expect(minuteOf(at(1, "11:00") - 300)).toBe(at(1, "11:00"));
  expect(minuteOf(at(1, "11:00") + 40_000)).toBe(at(1, "11:00"));
});
