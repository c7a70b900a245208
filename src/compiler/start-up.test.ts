import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkStartUp } from "./start-up.ts";
import { createProject } from "./testing.ts";

test("a registry starts, whatever its apps do when they are called", async () => {
  const project = await createProject({
    "node_modules/timed/index.js":
      "const started = Date.now(); setTimeout(() => {}, 0); module.exports = () => started",
    "plugins/app/index.ts":
      "import timed from 'timed'; import 'crypto'; const now = Math.random() + Date.now(); fetch('http://127.0.0.1:1'); export const run = timed",
  });
  await project.compile();
  expect(await checkStartUp(join(project.directory, "generated/registry.js"))).toBeUndefined();
});

describe("told with its place:", () => {
  const cases: [code: string, message: string][] = [
    ["setTimeout(() => {}, 0)", "setTimeout"],
    ["setInterval(() => {}, 1)", "setInterval"],
    ["Math.random()", "Math.random"],
    ["crypto.randomUUID()", "crypto.randomUUID"],
    ["nodeCrypto.randomBytes(1)", "crypto.randomBytes"],
    ["Date.now()", "the clock"],
    ["export const at = new Date()", "the clock"],
    ["performance.now()", "performance.now"],
    ["fetch('http://127.0.0.1:1')", "fetch"],
    ["(async () => { await fetch('http://127.0.0.1:1') })()", "fetch"],
  ];
  for (const [code, name] of cases) {
    test(code, async () => {
      const project = await createProject({
        "entry.ts": "export * from './lib.ts'",
        "lib.ts": `import nodeCrypto from 'node:crypto';\nexport const crypt: unknown = nodeCrypto;\n${code};`,
      });
      const fault = await checkStartUp(join(project.directory, "entry.ts"));
      expect(fault).toMatchObject({ file: "lib.ts", line: 3 });
      expect(fault?.message).toContain(`Uses ${name} at start-up`);
    });
  }

  test("any error that keeps the module from loading", async () => {
    const project = await createProject({ "entry.ts": "\nthrow new Error('broken');" });
    expect(await checkStartUp(join(project.directory, "entry.ts"))).toMatchObject({
      message: "broken",
      line: 2,
    });
  });
});

test("given times, and modules of Workers that Node does not have, are no obstacle", async () => {
  const project = await createProject({
    "entry.ts":
      "import { DurableObject } from 'cloudflare:workers'; import { connect } from 'cloudflare:sockets'; export class A extends DurableObject { open = connect }\nexport const epoch = new Date(0).getTime() + Date.UTC(2020, 1);",
  });
  expect(await checkStartUp(join(project.directory, "entry.ts"))).toBeUndefined();
});
