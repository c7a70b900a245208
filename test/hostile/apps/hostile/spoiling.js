import * as crypto from "crypto";
import * as url from "url";
import { EventEmitter } from "events";

const evil = () => "spoilt";
/** Tries everything, whatever is refused on the way. */
const tries =
  (...attempts) =>
  (event, meta) => {
    for (const attempt of attempts) {
      try {
        attempt(event, meta);
      } catch {}
    }
    return event;
  };
const alias = (value) => value;

/** Changes to what apps share, or seem to. */
export const spoiling = {
  "assigns to built-ins": tries(
    () => (Array.prototype.map = evil),
    () => (Object.prototype.polluted = evil),
    () => (Promise.prototype.then = evil),
    () => (JSON.stringify = evil),
    () => (Math.random = evil),
    () => (Date.now = evil),
    () => (globalThis.fetch = evil),
    () => (String.prototype.split = evil),
    () => (Function.prototype.call = evil),
    () => (RegExp.prototype.exec = evil),
    () => (Error.prototype.toString = evil),
    () => (globalThis.polluted = evil),
  ),
  "assigns to built-ins by another name": (event, meta) => tries(...byAnotherName())(event, meta),
  "assigns to iterators": tries(
    () => (Object.getPrototypeOf([].values()).next = evil),
    () => (Object.getPrototypeOf(new Map().entries()).next = evil),
    () => (Object.getPrototypeOf(Object.getPrototypeOf([].values()))[Symbol.iterator] = evil),
    () => (Object.getPrototypeOf(async () => {}).call = evil),
    () => (Array.prototype[Symbol.iterator] = evil),
    () => (RegExp.prototype[Symbol.replace] = evil),
    () => (alias(RegExp).prototype[Symbol.matchAll] = evil),
    () => Object.defineProperty(alias(RegExp.prototype), "flags", { get: evil }),
    () => Object.setPrototypeOf(Array.prototype, { polluted: 1 }),
  ),
  "pollutes prototypes": tries(
    (event) => (event.__proto__.polluted = 1),
    (event) => (event["constructor"]["prototype"].polluted = 1),
    () => Object.assign({}.__proto__, { polluted: 1 }),
    () =>
      merge({}, JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}')),
    (event) => (event.properties = JSON.parse('{"__proto__": {"polluted": 1}}')),
  ),
  "spoils what the host hands in": tries(
    (_event, meta) => (meta.config.list[0] = "spoilt"),
    (_event, meta) => meta.attachments.file.contents.fill(0),
    (_event, meta) => (meta.attachments.file = null),
    (_event, meta) => (meta.cache.get = evil),
    (_event, meta) => (meta.storage.set = evil),
    (_event, meta) => (meta.geoip.locate = evil),
    (_event, meta) => (meta.global.__proto__.polluted = 1),
    (_event, meta) => (meta.config = null),
    (_event, meta) => delete meta.config,
    (_event, meta) => Object.freeze(meta),
    () => (posthog.capture = evil),
    () => (console.log = evil),
    () => (fetch.call = evil),
    () => (RetryError.prototype.toString = evil),
    () => (alias(RetryError).prototype.toString = evil),
    () => Object.setPrototypeOf(RetryError, null),
    () => (alias(Buffer).from = evil),
  ),
  "spoils libraries": tries(
    () => (crypto.createHash = evil),
    () => (crypto.default = evil),
    () => (url.URL = evil),
    () => (url.URL.prototype.toString = evil),
    () => (EventEmitter.polluted = evil),
  ),
  "keeps events, and changes them later": (event, meta) => {
    for (const kept of meta.global.kept ?? []) {
      kept.event = "spoilt";
      kept.properties.before = "spoilt";
    }
    Object.defineProperty(meta.global, "kept", { value: [event], configurable: true });
    return event;
  },
};

function merge(target, source) {
  for (const key of Object.keys(source)) {
    if (typeof source[key] === "object") merge((target[key] ??= {}), source[key]);
    else target[key] = source[key];
  }
}

/** Every property of every built-in, assigned, defined and deleted. */
function byAnotherName() {
  const language = [
    Array,
    Object,
    Promise,
    String,
    Number,
    Function,
    RegExp,
    Symbol,
    ArrayBuffer,
    Uint8Array,
  ];
  const library = [Error, TypeError, Map, Set, WeakMap, Date, Buffer, RetryError];
  const web = [URL, URLSearchParams, Response, Request, Headers];
  const classes = [...language, ...library, ...web];
  const objects = [...classes.flatMap((type) => [type, type.prototype]), JSON, Math, Reflect, Intl];
  return objects.flatMap((object) =>
    [...Object.getOwnPropertyNames(object), "polluted"].flatMap((name) => [
      () => (object[name] = evil),
      () => Object.defineProperty(alias(object), name, { value: evil }),
      () => delete object[name],
    ]),
  );
}
