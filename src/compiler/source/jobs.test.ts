import { describe, expect, test } from "vitest";
import { createProject, runApp } from "../testing.ts";

/** The host's jobs: notes what is scheduled, as `name payload when`. */
function createJobs() {
  const scheduled: string[] = [];
  const jobs = new Proxy(
    {},
    {
      get: (_, name) => (payload?: unknown) => ({
        runNow: () => scheduled.push(`${String(name)} ${JSON.stringify(payload)} now`),
        runIn: (n: number, unit: string) =>
          scheduled.push(`${String(name)} ${JSON.stringify(payload)} in ${n} ${unit}`),
      }),
    },
  );
  return { scheduled, jobs };
}

describe("a call of the module's own exported job is scheduled:", () => {
  const body = "async function run() { await jobs.retry({ a: 1 }).runIn(30, 'seconds') }";
  const cases: [name: string, source: string][] = [
    ["export const", `export const jobs = { retry: () => 'direct' }; export ${body}`],
    ["an export list", `const jobs = { retry: () => 'direct' }; ${body} export { jobs, run }`],
    ["a default export", `const jobs = { retry() {} }; ${body} export default { jobs, run }`],
    ["module.exports", `const jobs = { retry() {} }; ${body} module.exports = { jobs, run }`],
    [
      "module.exports of a variable",
      `const jobs = { retry() {} }; ${body} const plugin = { jobs, run }; module.exports = plugin`,
    ],
    ["exports.jobs", `const jobs = { retry() {} }; exports.jobs = jobs; ${body} exports.run = run`],
    [
      "compiled TypeScript",
      "exports.jobs = { retry() {} }; exports.run = () => exports.jobs.retry({ a: 1 }).runIn(30, 'seconds')",
    ],
  ];
  for (const [name, source] of cases) {
    test(name, async () => {
      const { jobs, scheduled } = createJobs();
      const app = await runApp(source, { jobs });
      const places = [app.exports, app.defaultExport, app.moduleExports] as { run?: () => unknown }[];
      await places.find((place) => place?.run)?.run?.();
      expect(scheduled).toEqual(['retry {"a":1} in 30 seconds']);
    });
  }
});

test("without a payload it is scheduled when its result is asked to run", async () => {
  const { jobs, scheduled } = createJobs();
  const app = await runApp("export const jobs = { a() {} }; export const run = () => jobs.a().runNow()", {
    jobs,
  });
  (app.exports as { run: () => unknown }).run();
  expect(scheduled).toEqual(["a undefined now"]);
});

test("called as the gateway calls it, with payload and meta, it runs", async () => {
  const { jobs, scheduled } = createJobs();
  const source =
    "export const jobs = { a: (payload, meta) => [payload, meta] }; export const run = () => jobs.a(1, 2)";
  const app = await runApp(source, { jobs });
  const exports = app.exports as {
    run: () => unknown;
    jobs: { a: (payload: unknown, meta: unknown) => unknown };
  };
  expect([exports.run(), exports.jobs.a(3, 4), scheduled]).toEqual([[1, 2], [3, 4], []]);
});

test("a jobs object that is not exported, or comes as an argument, is left alone", async () => {
  const { jobs, scheduled } = createJobs();
  const source =
    "const jobs = new Map([['x', 1]]); export const run = () => jobs.get('x'); export const other = ({ jobs }) => jobs.a(1)";
  const app = await runApp(source, { jobs });
  const exports = app.exports as { run: () => unknown; other: (meta: object) => unknown };
  expect([exports.run(), exports.other({ jobs: { a: (n: number) => n } }), scheduled]).toEqual([1, 1, []]);
});

test("another file of the app schedules the jobs that it imports", async () => {
  const { jobs, scheduled } = createJobs();
  const project = await createProject({
    "plugins/app/index.ts": "export { jobs } from './jobs'; export { run } from './run'",
    "plugins/app/jobs.ts": "export const jobs = { a() {} }",
    "plugins/app/run.ts": "import { jobs } from './jobs'; export const run = () => jobs.a(1).runNow()",
  });
  const app = await project.run("app", { jobs });
  (app.exports as { run: () => unknown }).run();
  expect(scheduled).toEqual(["a 1 now"]);
});
