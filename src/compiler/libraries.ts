/**
 * How the gateway supplies a library: `gateway` is a module of `src/apps/libraries`, by file name, whose default export,
 * if it has one, is the library, or a function that makes one for each instance; `node` is a built-in module that
 * Workers, Deno and Node have alike; `host` is what the app's own host has under `libraries`, because it is bound to the
 * instance.
 */
export type Supply =
  | { from: "gateway"; file: string; hasDefault: boolean; perInstance?: true }
  | { from: "node"; module: string }
  | { from: "host" };

const node = (module: string): Supply => ({ from: "node", module: `node:${module}` });

/**
 * What apps may import without installing it: PostHog's own list (runtime 4.3) and, beyond it, the built-in modules that
 * compute without reaching the outside. Any other specifier is an npm package.
 */
export const HOST_LIBRARIES: Readonly<Record<string, Supply>> = {
  "@posthog/plugin-scaffold": { from: "gateway", file: "plugin-scaffold.ts", hasDefault: false },
  // For apps' tests; one that imports it in its entry file by mistake still compiles.
  "@posthog/plugin-scaffold/test/utils": {
    from: "gateway",
    file: "plugin-scaffold/test-utils.ts",
    hasDefault: false,
  },
  "@posthog/plugin-contrib": { from: "host" },
  "generic-pool": { from: "gateway", file: "generic-pool/index.ts", hasDefault: false },
  "node-fetch": { from: "gateway", file: "node-fetch.ts", hasDefault: true },
  pg: { from: "gateway", file: "pg/index.ts", hasDefault: true, perInstance: true },
  assert: node("assert"),
  buffer: node("buffer"),
  crypto: node("crypto"),
  events: node("events"),
  path: node("path"),
  querystring: node("querystring"),
  stream: node("stream"),
  string_decoder: node("string_decoder"),
  url: node("url"),
  util: node("util"),
  zlib: node("zlib"),
};

/**
 * The name under which the app asks its host for a library (`node:crypto` and `crypto` are one, `test/utils.js` is
 * `test/utils`); undefined = not ours.
 */
export function hostLibrary(specifier: string): string | undefined {
  const name = specifier.replace(/^node:/, "").replace(/^(@posthog\/.*)\.js$/, "$1");
  const supply = Object.hasOwn(HOST_LIBRARIES, name) ? HOST_LIBRARIES[name] : undefined;
  if (!supply || (specifier.startsWith("node:") && supply.from !== "node")) return undefined;
  return name;
}
