import { describe, expect, test } from "vitest";
import { type AppFolder, deploy, faultsOf, propertiesAfter } from "./deploy.ts";

/** What an expression is inside `processEvent` of an app that begins with `imports`. */
async function evaluate(imports: string, expression: string): Promise<unknown> {
  const app = `${imports}\nexport async function processEvent(event) { event.properties.result = ${expression}; return event }`;
  return (await propertiesAfter({ "index.ts": app }))?.["result"];
}

describe("an import", () => {
  test.each<[string, string, string, unknown]>([
    [
      "by default, by namespace and by name reads one module [63]",
      "import d, { createHash } from 'crypto'; import * as n from 'crypto'",
      "[d.createHash === createHash, n.createHash === createHash, typeof createHash]",
      [true, true, "function"],
    ],
    [
      "of crypto computes [64]",
      "import { createHash } from 'crypto'",
      "createHash('sha1').update('a').digest('hex')",
      "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8",
    ],
    [
      "under another name [65]",
      "import { RetryError as R } from '@posthog/plugin-scaffold'",
      "[R === RetryError, new R('x').name]",
      [true, "RetryError"],
    ],
    [
      "by require, destructured [66]",
      "const { createHash } = require('crypto')",
      "createHash('md5').update('').digest('hex')",
      "d41d8cd98f00b204e9800998ecf8427e",
    ],
    ["by require in a function [66]", "", "require('url').parse('http://a/b').pathname", "/b"],
    ["by require of a member", "const parse = require('url').parse", "parse('http://a/b').host", "a"],
    ["by a dynamic import [67]", "", "(await import('crypto')).createHash('md5').digest('hex').length", 32],
    ["by TypeScript's import = require", "import zlib = require('zlib')", "typeof zlib.gzipSync", "function"],
    ["with the node: prefix", "import { createHash } from 'node:crypto'", "typeof createHash", "function"],
    [
      "of zlib packs and unpacks",
      "import zlib from 'zlib'",
      "zlib.gunzipSync(zlib.gzipSync(Buffer.from('text'))).toString()",
      "text",
    ],
    [
      "of url has both ways to parse",
      "import { URL as U, parse } from 'url'",
      "[new U('http://a/?b=1').search, parse('http://a/?b=1').query]",
      ["?b=1", "b=1"],
    ],
    ["of stream", "import { PassThrough } from 'stream'", "typeof new PassThrough().pipe", "function"],
    ["of buffer", "import { Buffer as B } from 'buffer'", "B.from('a') instanceof Buffer", true],
    [
      "of node-fetch is fetch",
      "import fetch, { Headers } from 'node-fetch'",
      "[typeof fetch, new Headers({ a: 'b' }).get('A')]",
      ["function", "b"],
    ],
    ["of node-fetch by require", "const fetch = require('node-fetch')", "typeof fetch", "function"],
    ["of node-fetch by namespace", "import * as fetch from 'node-fetch'", "typeof fetch", "function"],
    [
      "of the scaffold's values",
      "import { MetricsOperation, RetryError } from '@posthog/plugin-scaffold'",
      "[MetricsOperation.Sum, typeof RetryError]",
      ["sum", "function"],
    ],
    ["that is a type costs nothing, installed or not", "import type { Thing } from 'not-installed'", "1", 1],
    [
      "that is unused costs nothing, known or not [68]",
      "import kea, { a } from 'kea'; import { Reader } from '@maxmind/geoip2-node'",
      "1",
      1,
    ],
    [
      "used as a type alone costs nothing [74]",
      "import { BigQuery } from '@google-cloud/bigquery'; let client: BigQuery | undefined",
      "client",
      undefined,
    ],
  ])("%s", async (_what, imports, expression, expected) => {
    expect(await evaluate(imports, expression)).toEqual(expected);
  });

  test.each<[string, AppFolder, unknown]>([
    [
      "a file",
      {
        "index.js":
          "import { x } from './x'; export const processEvent = (e) => (e.properties.result = x, e)",
        "x.js": "export const x = 1",
      },
      1,
    ],
    [
      "a TypeScript file by its JavaScript name",
      {
        "index.ts":
          "import { x } from './x.js'; export const processEvent = (e) => (e.properties.result = x, e)",
        "x.ts": "export const x: number = 1",
      },
      1,
    ],
    [
      "JSON",
      {
        "index.js":
          "import data from './data.json'; export const processEvent = (e) => (e.properties.result = data.x, e)",
        "data.json": '{"x":1}',
      },
      1,
    ],
    [
      "JSON by require",
      {
        "index.js":
          "const { x } = require('./data'); exports.processEvent = (e) => (e.properties.result = x, e)",
        "data.json": '{"x":1}',
      },
      1,
    ],
    [
      "a CommonJS file",
      {
        "index.ts": "import x from './x'; export const processEvent = (e) => (e.properties.result = x.a, e)",
        "x.js": "module.exports = { a: 1 }",
      },
      1,
    ],
    [
      "files that import each other",
      {
        "index.js":
          "import { a } from './a'; export const processEvent = (e) => (e.properties.result = a(), e)",
        "a.js": "import { b } from './b'; export const a = () => b; export const own = 1",
        "b.js": "import { own } from './a'; export const b = 1; export const later = () => own",
      },
      1,
    ],
    [
      "a file by a base path",
      {
        "tsconfig.json": '{"compilerOptions":{"baseUrl":"./src"}}',
        "index.ts":
          "import { x } from 'lib/x'; export const processEvent = (e) => (e.properties.result = x, e)",
        "src/lib/x.ts": "export const x = 1",
      },
      1,
    ],
    [
      "a package in the app's own folder",
      {
        "index.js":
          "import pad from 'pad'; export const processEvent = (e) => (e.properties.result = pad(1), e)",
        "node_modules/pad/package.json": '{"name":"pad","main":"pad.js"}',
        "node_modules/pad/pad.js": "module.exports = (n) => 'p' + n + typeof setTimeout",
      },
      "p1function",
    ],
  ])("reaches %s", async (_what, app, expected) => {
    expect((await propertiesAfter(app))?.["result"]).toBe(expected);
  });

  test.each<[string, AppFolder, string]>([
    [
      "an unknown package [69]",
      "import kea from 'kea'\nkea()",
      "plugins/app/index.js:1:1 [app] Cannot import 'kea': the gateway does not supply it",
    ],
    ["an unknown package for its effect [70]", "\nimport 'kea'", "index.js:2:1 [app] Cannot import 'kea'"],
    [
      "an unknown package by require [71]",
      "const kea =\n  require('kea')",
      "index.js:2:3 [app] Cannot import 'kea'",
    ],
    [
      "a file that is not there [72]",
      "import './missing'",
      "index.js:1:1 [app] Cannot import './missing': there is no such file",
    ],
    [
      "a module of Node's that reaches outside",
      "import fs from 'fs'\nfs.x()",
      "of Node's own modules, apps have",
    ],
    [
      "a module that is computed [73]",
      "const name = 'crypto'\nrequire(name)",
      "index.js:2:1 [app] Apps cannot require a computed module",
    ],
    [
      "a name that a file does not export",
      { "index.js": "import { a } from './b'; a()", "b.js": "export const c = 1" },
      "index.js:1:10 [app] No matching export",
    ],
    ["a style sheet", { "index.js": "import './a.css'", "a.css": "" }, "Apps cannot import .css files"],
  ])("of %s is refused at the build, with its place", async (_what, app, fault) => {
    expect(await faultsOf({ app })).toContain(fault);
  });
});

test("the types of the scaffold are enough for an app in its style [74]", async () => {
  const app = `import { Plugin, PluginEvent, PluginMeta, Meta, StorageExtension, CacheExtension } from '@posthog/plugin-scaffold'
    type Own = Plugin<{ config: { name: string }; global: { cache: CacheExtension } }>
    const p: Own = { processEvent: (e: PluginEvent, _meta: PluginMeta<Own>) => { e.properties!.k = 1; return e } }
    module.exports = p`;
  expect(await propertiesAfter({ "index.ts": app })).toMatchObject({ k: 1 });
});

test("a package keeps its state to the instance that imported it", async () => {
  const app = {
    "index.js":
      "import count from 'count'; export const processEvent = (e) => (e.properties.result = count(), e)",
    "node_modules/count/package.json": '{"name":"count","main":"index.js"}',
    "node_modules/count/index.js": "let n = 0; module.exports = () => ++n",
  };
  const edge = await deploy({ app }, { settings: { PROJECT_TOKENS: "phc_test,phc_other" } });
  expect((await edge.send("e"))?.properties["result"]).toBe(1);
  expect((await edge.send("e"))?.properties["result"]).toBe(2);
  expect((await edge.send("e", { api_key: "phc_other" }))?.properties["result"]).toBe(1);
});
