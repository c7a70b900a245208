import { expect, test } from "vitest";
import { copyLibrary } from "../apps/libraries/own-copy.ts";
import { describeFault } from "./faults.ts";
import { describePackage, KNOWN_PACKAGES } from "./known-packages.ts";
import { createProject } from "./testing.ts";

test("a package that is known and not there is to be installed in the version that was tried", async () => {
  const project = await createProject({
    "plugins/app/index.ts": "import faker from 'faker'\nexport const run = () => faker",
  });
  await expect(project.compile()).rejects.toThrow(
    "plugins/app/index.ts:1:1 [app] Cannot import 'faker': the gateway does not supply it, and it is not installed (run npm install faker@5, or remove the import)",
  );
});

test("a package that does not run everywhere is a warning with the reason, at its import", async () => {
  const project = await createProject({
    "node_modules/@google-cloud/storage/index.js": "exports.Storage = class {}",
    "node_modules/aws-sdk/clients/s3.js": "module.exports = class {}",
    "plugins/app/index.ts":
      "import S3 from 'aws-sdk/clients/s3'\nimport { Storage } from '@google-cloud/storage'\nexport const run = () => [S3, Storage]",
  });
  const { warnings } = await project.compile();
  expect(warnings.map(describeFault)).toEqual([
    "plugins/app/index.ts:2:1 [app] '@google-cloud/storage' runs on Node and Deno only (uploads never finish on Workers)",
  ]);
});

test("the line of an app says where its packages run, if that is known", () => {
  expect(describePackage("aws-sdk/clients/s3")).toBe("aws-sdk/clients/s3 (runs on Node, Deno, Workers)");
  expect(describePackage("@google-cloud/pubsub")).toBe("@google-cloud/pubsub (runs on Node, Deno)");
  expect(describePackage("lodash")).toBe("lodash");
});

test.each(Object.entries(KNOWN_PACKAGES))("%s is installed under its own name", (name, { install }) => {
  expect(install).toMatch(new RegExp(`^${name}@\\d+$`));
});

test("native code is a warning, and an error for the package that loads it", async () => {
  const project = await createProject({
    "node_modules/fast/index.js":
      "let native; try { native = require('./fast.node') } catch (error) { native = error.message }; module.exports = native",
    "node_modules/fast/fast.node": "ELF",
    "plugins/app/index.ts": "import fast from 'fast'; export const run = () => fast",
  });
  const { warnings } = await project.compile();
  expect(warnings.map(describeFault)).toEqual([
    "node_modules/fast/fast.node [app] Native code of a package: no runtime of the gateway can load it (the package fails if it needs it)",
  ]);
  const { exports } = await project.run("app");
  expect((exports as { run: () => unknown }).run()).toBe(
    "Native code of a package: no runtime of the gateway can load it: node_modules/fast/fast.node",
  );
});

test("WebAssembly of a package fails the build", async () => {
  const project = await createProject({
    "node_modules/quick/index.js": "module.exports = require('./quick.wasm')",
    "node_modules/quick/quick.wasm": "\0asm",
    "plugins/app/index.ts": "import quick from 'quick'; export const run = () => quick",
  });
  await expect(project.compile()).rejects.toThrow(
    "node_modules/quick/quick.wasm [app] WebAssembly of a package: Workers take it as a module of their own only",
  );
});

test("a host library that has state is made for each instance", async () => {
  const project = await createProject({
    "plugins/app/index.ts":
      "import pg from 'pg'; import { Client } from 'pg'; export const run = () => [pg.made, Client]",
  });
  const { apps } = await project.load();
  const [one = [], other = []] = ["one", "other"].map(() => {
    const app = apps[0]?.createApp({ libraries: {}, copyLibrary } as never).exports as
      | { run: () => unknown[] }
      | undefined;
    return app?.run();
  });
  expect(one[0]).not.toBe(other[0]);
  expect(one[1]).not.toBe(other[1]);
});
