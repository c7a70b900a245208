import { registerHooks } from "node:module";
import { mutations } from "./mutations.ts";

const [name = "", seeds = "0"] = process.argv.slice(2);
const mutation = mutations[name];
if (!mutation) throw new Error(`there is no mutation "${name}"`);

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith(`/${mutation.file}`)) return loaded;
    const source = String(loaded.source);
    if (!source.includes(mutation.from)) throw new Error(`"${mutation.from}" is not in ${mutation.file}`);
    return { ...loaded, source: source.replace(mutation.from, () => mutation.to) };
  },
});

// After the hooks: what these import is mutated.
const { run } = await import("./run.ts");
const { scheduleOf } = await import("./schedule.ts");
let noticed: number | null = null;
for (let seed = 1; seed <= Number(seeds) && noticed === null; seed += 1) {
  const { violations } = await run(scheduleOf(seed));
  if (violations.length > 0) noticed = seed;
}
console.log(`noticed by ${noticed ?? "none"}`);
