import { minimise } from "./minimise.ts";
import { type Lived, run } from "./run.ts";
import { scheduleOf } from "./schedule.ts";

/** Violations are compared by kind: a smaller schedule has other numbers in them. */
const kindOf = (violation: string) => violation.replaceAll(/[\d+]+|phc_\w+/g, "#");

/** Text for a person about a seed that failed: what was broken, by the least that breaks it, and how to see it again. */
export async function reportFailure(lived: Lived, isVerbose: boolean): Promise<string> {
  const kinds = new Set(lived.violations.map(kindOf));
  const smaller = await minimise(lived.schedule, async (schedule) =>
    (await run(schedule)).violations.some((violation) => kinds.has(kindOf(violation))),
  );
  const least = await run(smaller);
  return [
    `seed ${lived.schedule.seed}: ${lived.violations.length} violations`,
    ...lived.violations.map((violation) => `  ${violation}`),
    `reduced from ${lived.schedule.items.length} to ${smaller.items.length} items:`,
    ...least.violations.map((violation) => `  ${violation}`),
    ...least.story.map((line) => `    ${line}`),
    ...(isVerbose ? ["in full:", ...lived.story.map((line) => `    ${line}`)] : []),
    `again: npm run simulate -- --seed ${lived.schedule.seed} --verbose`,
  ].join("\n");
}

/** Lives the schedule of a seed. Throws, with all that `reportFailure` says, when it breaks a promise. */
export async function expectPromisesKept(seed: number): Promise<Lived> {
  const lived = await run(scheduleOf(seed));
  if (lived.violations.length > 0) throw new Error(await reportFailure(lived, false));
  return lived;
}
