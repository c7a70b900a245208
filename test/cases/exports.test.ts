import { describe, expect, test } from "vitest";
import { type AppFolder, deploy, propertiesAfter } from "./deploy.ts";

const f = "function f(e) { e.properties.k = 1; return e }\n";

describe("processEvent is found", () => {
  test.each<[string, AppFolder]>([
    ["in module.exports = {…} [26]", `${f}module.exports = { processEvent: f }`],
    ["in module.exports.x [27]", `${f}module.exports.processEvent = f`],
    ["in exports = {…} [28]", `${f}exports = { processEvent: f }`],
    ["in exports.x [29]", `${f}exports.processEvent = f`],
    ["in exports['x']", `${f}exports['processEvent'] = f`],
    ["in Object.assign(module.exports, …)", `${f}Object.assign(module.exports, { processEvent: f })`],
    [
      "in a getter that a compiler defined",
      `${f}Object.defineProperty(exports, 'processEvent', { enumerable: true, get: () => f })`,
    ],
    ["in an exported constant [30]", "export const processEvent = (e) => { e.properties.k = 1; return e }"],
    [
      "in an exported async constant",
      "export const processEvent = async (e) => { e.properties.k = 1; return e }",
    ],
    ["in an exported function [31]", "export function processEvent(e) { e.properties.k = 1; return e }"],
    ["in an exported let", "export let processEvent; processEvent = (e) => { e.properties.k = 1; return e }"],
    ["in an export list [40]", `${f}export { f as processEvent }`],
    ["in export default {…} [35]", `${f}export default { processEvent: f }`],
    ["in a typed default export", `${f}const plugin: Plugin = { processEvent: f }\nexport default plugin`],
    ["in exports.default [35]", `${f}exports.default = { processEvent: f }`],
    ["in TypeScript's export =", `${f}export = { processEvent: f }`],
    ["in a global function [32]", "function processEvent(e) { e.properties.k = 1; return e }"],
    ["in a global async function", "async function processEvent(e) { e.properties.k = 1; return e }"],
    ["in a global var [33]", "var processEvent = function (e) { e.properties.k = 1; return e }"],
    ["in an undeclared global", "processEvent = function (e) { e.properties.k = 1; return e }"],
    ["in a property of globalThis", "globalThis.processEvent = (e) => { e.properties.k = 1; return e }"],
    [
      "in module.exports = {…} beside ES imports",
      `import { createHash } from 'crypto'\n${f}createHash('sha1')\nmodule.exports = { processEvent: f }`,
    ],
    [
      "in code that a compiler made of TypeScript",
      `"use strict";\nObject.defineProperty(exports, "__esModule", { value: true });\nexports.processEvent = void 0;\n${f}exports.processEvent = f;`,
    ],
    [
      "on the prototype of a class instance [41]",
      "class P { processEvent(e) { e.properties.k = 1; return e } } module.exports = new P()",
    ],
    [
      "among the static methods' bound copies of a class",
      "class P { static processEvent(e) { e.properties.k = 1; return e } } module.exports = { ...P, processEvent: P.processEvent }",
    ],
    ["behind a getter", `${f}module.exports = { get processEvent() { return f } }`],
    [
      "in another file that is re-exported by name",
      { "index.ts": "export { f as processEvent } from './hooks'", "hooks.ts": `${f}export { f }` },
    ],
    [
      "in another file that is re-exported whole",
      { "index.ts": "export * from './hooks'", "hooks.ts": `${f}export const processEvent = f` },
    ],
    [
      "in another file's default",
      {
        "index.js": "export { default } from './hooks'",
        "hooks.js": `${f}export default { processEvent: f }`,
      },
    ],
    [
      "in a required file",
      {
        "index.js": "module.exports = require('./hooks')",
        "hooks.js": `${f}module.exports = { processEvent: f }`,
      },
    ],
    [
      "in a folder's index",
      { "index.ts": "export * from './hooks'", "hooks/index.ts": `${f}export const processEvent = f` },
    ],
  ])("%s", async (_where, app) => {
    expect(await propertiesAfter(app)).toMatchObject({ k: 1, $plugins_succeeded: ["app (1)"] });
  });
});

describe("processEvent is not found", () => {
  test.each<[string, AppFolder]>([
    ["in a constant that is not exported [34]", "const processEvent = (e) => null"],
    ["in a let or a class", "let processEvent = (e) => null; class onEvent {}"],
    ["in a function as default export [36]", "export default function processEvent(e) { return null }"],
    ["in a function as module.exports [37]", "module.exports = function processEvent(e) { return null }"],
    [
      "at the top level, when anything at all is exported [38]",
      "export const version = 1; function processEvent(e) { return null }",
    ],
    ["at the top level beside module.exports [38]", "function processEvent(e) { return null } exports.a = 1"],
    [
      "at the top level of another file than the entry",
      { "index.js": "import './other'", "other.js": "function processEvent(e) { return null }" },
    ],
    ["in a comment", "/* export function processEvent(e) { return null } */"],
    ["in a text", "const text = `export function processEvent(e) { return null }`"],
  ])("%s", async (_where, app) => {
    expect(await propertiesAfter(app)).toEqual({ $ip: "127.0.0.1" });
  });
});

describe("of two places that have it", () => {
  const place: Record<string, string> = {
    "exports.x": "exports.processEvent = by('exports.x')",
    "exports.default": "exports.default = { processEvent: by('exports.default') }",
    "module.exports": "module.exports = { processEvent: by('module.exports') }",
    "the top level": "var processEvent = by('the top level')",
    "an ES export": "export const processEvent = by('an ES export')",
    "an ES default export": "export default { processEvent: by('an ES default export') }",
  };
  test.each([
    ["exports.x", "exports.default"],
    ["exports.x", "module.exports"],
    ["exports.x", "the top level"],
    ["exports.default", "module.exports"],
    ["exports.default", "the top level"],
    ["module.exports", "the top level"],
    ["an ES export", "an ES default export"],
    ["an ES export", "module.exports"],
    ["an ES default export", "module.exports"],
    ["an ES default export", "the top level"],
  ])("%s wins over %s [39]", async (winner, loser) => {
    for (const order of [
      [winner, loser],
      [loser, winner],
    ]) {
      const source = `function by(place) { return (e) => { e.properties.by = place; return e } }\n${order.map((name) => place[name]).join(";\n")}`;
      expect(await propertiesAfter(source)).toMatchObject({ by: winner });
    }
  });

  test("each gives the hooks that the ones before it lack", async () => {
    const edge = await deploy({
      app: `exports.processEvent = (e) => e
        exports.default = { onEvent: () => console.log('default') }
        module.exports = { runEveryMinute: () => console.log('module') }`,
    });
    await edge.send("e");
    await edge.tick();
    expect(edge.messages()).toEqual(["default", "module"]);
  });

  test("jobs of all are there, those of exports first [43]", async () => {
    const edge = await deploy({
      app: `exports.jobs = { a: () => console.log('A') }
        module.exports.jobs = { a: () => console.log('A2'), b: () => console.log('B') }
        exports.processEvent = async (e, { jobs }) => { await jobs.a({}).runNow(); await jobs.b({}).runNow(); return e }`,
    });
    await edge.send("e");
    expect(edge.messages().toSorted()).toEqual(["A", "B"]);
  });
});

describe("hooks are called detached:", () => {
  test("a class that needs its this fails, and its event goes on [42]", async () => {
    const edge = await deploy({
      app: "class P { h() {} processEvent(e) { e.properties.before = 1; this.h(); return e } } module.exports = new P()",
    });
    expect((await edge.send("e"))?.properties).toMatchObject({ before: 1, $plugins_failed: ["app (1)"] });
    expect(edge.messages().join()).toContain("TypeError");
  });

  test("an object that needs its this fails likewise [42]", async () => {
    const app = "module.exports = { h() {}, processEvent(e) { this.h(); return e } }";
    expect(await propertiesAfter(app)).toMatchObject({ $plugins_failed: ["app (1)"] });
  });

  test("arrow functions in class fields keep the this they were made with", async () => {
    const app =
      "class P { n = 5; processEvent = (e) => { e.properties.n = this.n; return e } } module.exports = new P()";
    expect(await propertiesAfter(app)).toMatchObject({ n: 5, $plugins_succeeded: ["app (1)"] });
  });

  test("methods that the constructor bound keep theirs", async () => {
    const app =
      "class P { constructor() { this.n = 5; this.processEvent = this.processEvent.bind(this) } processEvent(e) { e.properties.n = this.n; return e } } module.exports = new P()";
    expect(await propertiesAfter(app)).toMatchObject({ n: 5 });
  });
});
