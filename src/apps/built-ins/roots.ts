/** A built-in object, and which of its names stay assignable on what inherits from it. */
export interface Root {
  object: object;
  overridable: "all" | readonly string[];
}

/** What code of every age assigns to objects of its own. */
const COMMON = ["toString", "toLocaleString", "valueOf", "toJSON", "constructor"] as const;

/** V8 watches `constructor` and `then` of these: as accessors they would slow every array and every `await`. */
const watched = new Set(["Array", "Promise", "Function"]);
const UNWATCHED = ["toString", "toLocaleString"] as const;

/** Classes that code compiled to ES5 extends by assigning methods to a prototype. */
const extended = new Set(["Object", "Map", "Set", "WeakMap", "WeakSet", "Date", "EventTarget", "Event"]);

/**
 * Its prototype stays open: V8 runs regular expressions 3 to 5 times slower once that has changed in any way. The gateway
 * looks after it by `watchRegExp`.
 */
const leftOpen = new Set(["RegExp"]);

/** Objects that hold functions. */
const NAMESPACES = ["JSON", "Math", "Reflect", "Atomics", "Intl", "WebAssembly", "crypto"];

/** Web classes by name: platforms keep them behind getters, or on the global object's prototype. */
const WEB_CLASSES = [
  "Headers",
  "Request",
  "Response",
  "FormData",
  "Blob",
  "ReadableStream",
  "WritableStream",
  "TransformStream",
  "TextEncoder",
  "TextDecoder",
  "CompressionStream",
  "DecompressionStream",
  "AbortController",
  "AbortSignal",
  "URL",
  "URLSearchParams",
  "EventTarget",
  "Event",
  "SubtleCrypto",
];

/** The built-ins of the platform at hand that the gateway, or an app's neighbours, rely on. */
export function builtInRoots(): Root[] {
  const world = globalThis as unknown as Record<string, unknown>;
  const languageClasses = Object.getOwnPropertyNames(globalThis).filter(
    (name) =>
      /^[A-Z]/.test(name) && typeof Object.getOwnPropertyDescriptor(globalThis, name)?.value === "function",
  );
  const classes = [...new Set([...languageClasses, ...WEB_CLASSES])];
  return [
    ...NAMESPACES.flatMap((name) => rootOf(world[name], [])),
    ...classes.flatMap((name) => classRoots(world[name], name)),
    ...namelessPrototypes().flatMap((object) => rootOf(object, COMMON)),
  ];
}

/** A class and its prototype. */
export function classRoots(value: unknown, name = ""): Root[] {
  if (typeof value !== "function") return [];
  const prototype = value.prototype as unknown;
  const isError = value === Error || prototype instanceof Error;
  const ofPrototype = isError || extended.has(name) ? "all" : watched.has(name) ? UNWATCHED : COMMON;
  return [
    ...rootOf(value, isError ? "all" : []),
    ...(leftOpen.has(name) ? [] : rootOf(prototype, ofPrototype)),
  ];
}

function rootOf(object: unknown, overridable: Root["overridable"]): Root[] {
  const isObject = (typeof object === "object" && object !== null) || typeof object === "function";
  return isObject ? [{ object, overridable }] : [];
}

/** Prototypes that no global name leads to. */
function namelessPrototypes(): unknown[] {
  const of = (value: object): { prototype?: object } => Object.getPrototypeOf(value);
  const generator = of(function* () {});
  const asyncGenerator = of(async function* () {});
  const iterators = [
    [][Symbol.iterator](),
    new Map()[Symbol.iterator](),
    new Set()[Symbol.iterator](),
    ""[Symbol.iterator](),
    "".matchAll(/./g),
  ];
  return [
    ...iterators.map(of),
    generator,
    generator.prototype,
    asyncGenerator,
    asyncGenerator.prototype,
    of(asyncGenerator.prototype ?? {}),
    of(async () => {}),
    of(Uint8Array),
    of(Uint8Array.prototype),
  ];
}
