import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { HOST_LIBRARIES } from "../libraries.ts";
import { createProject, runApp, type TestProject } from "../testing.ts";

const SHA1_OF_A = "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8";

async function run(source: string): Promise<unknown> {
  const app = await runApp(source);
  return (app.exports as { run: () => unknown }).run();
}

async function runIn(project: TestProject): Promise<unknown> {
  const app = await project.run("app");
  return (app.exports as { run: () => unknown }).run();
}

describe("host libraries", () => {
  test("default, namespace and named import read the same module", async () => {
    const source = `import d, { createHash } from 'crypto'; import * as n from 'crypto';
      export const run = () => [d === n, d.createHash === createHash, createHash('sha1').update('a').digest('hex')]`;
    expect(await run(source)).toEqual([true, true, SHA1_OF_A]);
  });

  test("a library that is a function can be called through any form of import", async () => {
    const source = `import d, { Headers } from 'node-fetch'; import * as n from 'node-fetch'; const r = require('node-fetch');
      export const run = () => [d(), n(), r(), typeof Headers]`;
    expect(await run(source)).toEqual(["fetched", "fetched", "fetched", "function"]);
  });

  test("default and namespace in one import", async () => {
    expect(await run("import d, * as n from 'zlib'; export const run = () => d === n")).toBe(true);
  });

  test("a renamed import", async () => {
    const source =
      "import { RetryError as R } from '@posthog/plugin-scaffold'; export const run = () => new R('x').name";
    expect(await run(source)).toBe("RetryError");
  });

  test("a destructured require", async () => {
    const source =
      "const { createHash } = require('crypto'); export const run = () => createHash('sha1').update('a').digest('hex')";
    expect(await run(source)).toBe(SHA1_OF_A);
  });

  test("require with a template text, and require inside a function", async () => {
    expect(await run("export const run = () => typeof require(`url`).URL")).toBe("function");
  });

  test("a dynamic import", async () => {
    const source =
      "export const run = async () => { const { createHash } = await import('crypto'); return typeof createHash }";
    expect(await run(source)).toBe("function");
  });

  test("node:crypto is crypto", async () => {
    const source = "import a from 'node:crypto'; import b from 'crypto'; export const run = () => a === b";
    expect(await run(source)).toBe(true);
  });

  test("the scaffold's test helpers are there by either of their names", async () => {
    const source = `import { createEvent } from '@posthog/plugin-scaffold/test/utils'; const u = require('@posthog/plugin-scaffold/test/utils.js');
      export const run = () => [createEvent().event, createEvent === u.createEvent]`;
    expect(await run(source)).toEqual(["EVENT_TYPE", true]);
  });

  for (const library of Object.keys(HOST_LIBRARIES)) {
    test(`${library} is there for whoever imports it`, async () => {
      expect(await run(`import x from '${library}'; export const run = () => typeof x`)).toMatch(
        /function|object/,
      );
    });
  }

  test("google.cloud of PostHog's first apps is an import of its client, and its absence a fault at its place", async () => {
    const app = "\nexport const run = () => new google.cloud.bigquery.BigQuery({ projectId: 'p' }).project";
    const project = await createProject({
      "plugins/app/index.js": app,
      "node_modules/@google-cloud/bigquery/index.js":
        "exports.BigQuery = class { constructor(options) { this.project = options.projectId } }",
    });
    expect(await runIn(project)).toBe("p");
    await expect(runApp(app)).rejects.toThrow(
      /index\.ts:2:30 .*Cannot import '@google-cloud\/bigquery'.*npm install @google-cloud\/bigquery@8/s,
    );
  });

  test("a google that an app declares itself is its own", async () => {
    expect(await run("const google = { cloud: 7 }; export const run = () => google.cloud")).toBe(7);
  });

  test("only what an app imports is in the registry", async () => {
    const project = await createProject({
      "plugins/app/index.ts": "import 'zlib'; import type { URL } from 'url'",
    });
    await project.compile();
    const registry = await readFile(join(project.directory, "generated/registry.js"), "utf8");
    expect(registry.match(/node:\w+/g)).toEqual(["node:zlib"]);
  });
});

describe("an app's own files", () => {
  test("are bundled, whether ES modules, CommonJS, TypeScript or JSON", async () => {
    const project = await createProject({
      "plugins/app/index.js": `import { a } from './lib/a'; import b from './b.js'; import data from './data.json'; const c = require('./c');
        export const run = () => [a, b.b, data.n, c()]`,
      "plugins/app/lib/a.ts": "export const a: number = 1",
      "plugins/app/b.js": "exports.b = 2",
      "plugins/app/data.json": '{ "n": 3 }',
      "plugins/app/c.cjs": "module.exports = () => 4",
    });
    expect(await runIn(project)).toEqual([1, 2, 3, 4]);
  });

  test("are found from the baseUrl of tsconfig.json", async () => {
    const project = await createProject({
      "plugins/app/tsconfig.json": '{ "compilerOptions": { "baseUrl": "src" /* sources */, } }',
      "plugins/app/src/index.ts": "import { a } from 'lib/a'; export const run = () => a",
      "plugins/app/src/lib/a.ts": "export const a = 1",
    });
    expect(await runIn(project)).toBe(1);
  });

  test("may re-export types", async () => {
    const project = await createProject({
      "plugins/app/index.ts": "export { Thing, a as run } from './a'",
      "plugins/app/a.ts": "export interface Thing {}\nexport const a = () => 1",
    });
    expect(await runIn(project)).toBe(1);
  });

  test("have timers neither", async () => {
    const project = await createProject({
      "plugins/app/index.ts": "export { run } from './a'",
      "plugins/app/a.ts": "export const run = () => typeof setTimeout",
    });
    expect(await runIn(project)).toBe("undefined");
  });
});

describe("npm packages", () => {
  const pad = {
    "node_modules/pad/package.json": '{ "name": "pad", "main": "lib.js" }',
    "node_modules/pad/lib.js": `const { createHash } = require('crypto'); let calls = 0;
      module.exports = () => ({ calls: ++calls, timers: typeof setTimeout, process: typeof process.nextTick, buffer: Buffer.from('a').length,
        immediate: typeof setImmediate, mode: process.env.NODE_ENV, global: typeof global, hash: createHash('sha1').update('a').digest('hex') });`,
  };

  test("are bundled with the timers and the process that apps do not have", async () => {
    const project = await createProject({
      ...pad,
      "plugins/app/index.ts":
        "import pad from 'pad'; export const run = () => [pad(), typeof setTimeout, typeof process]",
    });
    expect(await runIn(project)).toEqual([
      {
        calls: 1,
        timers: "function",
        process: "function",
        buffer: 1,
        immediate: "function",
        mode: "production",
        global: "object",
        hash: SHA1_OF_A,
      },
      "undefined",
      "undefined",
    ]);
  });

  test("have state of their own in each instance", async () => {
    const project = await createProject({
      ...pad,
      "plugins/app/index.ts": "import pad from 'pad'; export const run = () => pad().calls",
    });
    const { apps } = await project.load();
    const instance = () =>
      apps[0]?.createApp({ packageGlobal: {}, builtins: (modules: object) => modules } as never).exports as {
        run: () => number;
      };
    const [one, other] = [instance(), instance()];
    expect([one.run(), one.run(), other.run()]).toEqual([1, 2, 1]);
  });

  test("are not evaluated before they are required", async () => {
    const project = await createProject({
      "node_modules/bomb/index.js": "throw new Error('evaluated')",
      "plugins/app/index.ts":
        "export const run = () => { try { require('bomb') } catch (error) { return error.message } }",
    });
    expect(await runIn(project)).toBe("evaluated");
  });

  test("come from the app's own folder first", async () => {
    const project = await createProject({
      "node_modules/thing/index.js": "module.exports = 'of the project'",
      "plugins/app/node_modules/thing/index.js": "module.exports = 'of the app'",
      "plugins/app/index.ts": "import thing from 'thing'; export const run = () => thing",
    });
    expect(await runIn(project)).toBe("of the app");
  });

  test("may be ES modules only, have subpaths, and import each other", async () => {
    const project = await createProject({
      "node_modules/esm/package.json": '{ "type": "module", "exports": { "import": "./a.js" } }',
      "node_modules/esm/a.js":
        "import sub from 'pad/sub.js'; export default () => sub; export const named = 2",
      "node_modules/pad/sub.js": "module.exports = 1",
      "plugins/app/index.ts": `import esm, { named } from 'esm'; import sub from 'pad/sub.js'; export const run = () => [esm(), named, sub]`,
    });
    expect(await runIn(project)).toEqual([1, 2, 1]);
  });

  test("may try a module that is not installed", async () => {
    const project = await createProject({
      "node_modules/careful/index.js":
        "try { require('native-thing') } catch (error) { module.exports = error.code }",
      "plugins/app/index.ts": "import careful from 'careful'; export const run = () => careful",
    });
    expect(await runIn(project)).toBe("MODULE_NOT_FOUND");
  });
});

describe("an import that cannot be resolved fails the build with app, file, line and specifier", () => {
  const cases: [source: string, fault: string][] = [
    ["// first line\nimport 'kea'", "plugins/app/index.ts:2:1 [app] Cannot import 'kea'"],
    ["const x = require('@scope/pkg/sub')", "(run npm install @scope/pkg, or remove the import)"],
    [
      "type A = 1\n\nimport x from './missing'\nx()",
      "plugins/app/index.ts:3:1 [app] Cannot import './missing'",
    ],
    ["export const f = () => import('kea')", "plugins/app/index.ts:1:24 [app] Cannot import 'kea'"],
    ["export * from 'kea'", "plugins/app/index.ts:1:1 [app] Cannot import 'kea'"],
    ["import fs from 'fs'; fs()", "of Node's own modules, apps have assert, buffer, crypto"],
    ["import './style.css'", "plugins/app/style.css [app] Apps cannot import .css files"],
  ];
  for (const [source, fault] of cases) {
    test(JSON.stringify(source), async () => {
      const project = await createProject({ "plugins/app/index.ts": source, "plugins/app/style.css": "" });
      await expect(project.compile()).rejects.toThrow(fault);
    });
  }

  test("a package that cannot run in strict mode is a fault too", async () => {
    const project = await createProject({
      "plugins/app/index.ts": "import 'old'",
      "node_modules/old/index.js": "with (Math) module.exports = abs(-1)",
    });
    await expect(project.compile()).rejects.toThrow(
      "node_modules/old/index.js [app] With statements cannot be used",
    );
  });

  test("also in a second file, and inside a package", async () => {
    const project = await createProject({
      "plugins/app/index.ts": "import './lib'; import 'broken'",
      "plugins/app/lib.ts": "\nimport 'kea'",
      "node_modules/broken/index.js": "require('absent')",
    });
    const error = await project.compile().catch((thrown: Error) => thrown.message);
    expect(error).toContain("plugins/app/lib.ts:2:1 [app] Cannot import 'kea'");
    expect(error).toContain('node_modules/broken/index.js:1:9 [app] Could not resolve "absent"');
  });
});
