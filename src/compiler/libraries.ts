/**
 * How the gateway supplies a library: `gateway` is a module of `src/apps/libraries`, by file name, whose default export,
 * if it has one, is the library; `node` is a built-in module that Workers, Deno and Node have alike.
 */
export type Supply =
  | { from: "gateway"; file: string; hasDefault: boolean }
  | { from: "node"; module: string };

const node = (module: string): Supply => ({ from: "node", module: `node:${module}` });

/**
 * What apps may import without installing it: PostHog's own list (runtime 4.3) and, beyond it, the built-in modules that
 * compute without reaching the outside. Any other specifier is an npm package.
 */
export const HOST_LIBRARIES: Readonly<Record<string, Supply>> = {
  "@posthog/plugin-scaffold": { from: "gateway", file: "plugin-scaffold.ts", hasDefault: false },
  "node-fetch": { from: "gateway", file: "node-fetch.ts", hasDefault: true },
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

/** The name under which the app asks its host for a library (`node:crypto` and `crypto` are one); undefined = not ours. */
export function hostLibrary(specifier: string): string | undefined {
  const name = specifier.replace(/^node:/, "");
  const supply = Object.hasOwn(HOST_LIBRARIES, name) ? HOST_LIBRARIES[name] : undefined;
  if (!supply || (name !== specifier && supply.from !== "node")) return undefined;
  return name;
}
