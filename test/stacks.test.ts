import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { compileApps, startTestGateway, type TestGateway } from "./gateway.ts";

let edge: TestGateway | undefined;
let directory: string | undefined;
afterEach(async () => {
  await edge?.stop();
  edge = undefined;
  if (directory) await rm(directory, { recursive: true });
});

/** Compiles an app of these files and sends it an event; resolves to its log. */
async function logOf(files: Record<string, string>): Promise<string[]> {
  directory = await mkdtemp(join(tmpdir(), "edgehog-stacks-"));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, "plugins/app", path)), { recursive: true });
    await writeFile(join(directory, "plugins/app", path), text);
  }
  edge = await startTestGateway({ apps: await compileApps(join(directory, "plugins")) });
  await edge.capture({ event: "e", distinct_id: "u1" });
  await edge.settle();
  return edge.log.map(({ message }) => message);
}

test("an error names the author's files and lines, through types, imports and callbacks", async () => {
  const log = await logOf({
    "index.ts": `import type { PluginEvent } from "@posthog/plugin-scaffold";
import { check } from "./lib/check";

interface Unused {
  field: string;
}

export async function processEvent(event: PluginEvent) {
  await Promise.resolve();
  for (const name of ["a"]) {
    [name].forEach((each: string) => {
      check(each);
    });
  }
  return event;
}
`,
    "lib/check.ts": `type Name = string;

export const check = (name: Name): void => {
  // A comment that is gone in the bundle.
  throw new TypeError(\`no \${name}\`);
};
`,
  });
  expect(log).toEqual([
    [
      "TypeError: no a",
      "    at check (plugins/app/lib/check.ts:5)",
      "    at plugins/app/index.ts:12",
      "    at processEvent (plugins/app/index.ts:11)",
    ].join("\n"),
  ]);
});

test("an error of the gateway's own functions shows none of the gateway's frames", async () => {
  const log = await logOf({
    "index.js": `export async function processEvent(event, { cache }) {
  await cache.set("k", "no number");
  await cache.incr("k");
}
`,
  });
  expect(log).toEqual(["Error: ERR value is not an integer or out of range"]);
});

test("an error while the app is loaded shows its line too", async () => {
  const log = await logOf({
    "index.js": `const config = {};\n\nconfig.missing.field = 1;\nexports.onEvent = () => {};\n`,
  });
  expect(log).toEqual([
    "TypeError: Cannot set properties of undefined (setting 'field')\n    at plugins/app/index.js:3",
    "Plugin failed to load: TypeError: Cannot set properties of undefined (setting 'field'). Disabled the app!",
  ]);
});
