const prototype = RegExp.prototype;
const properties = Object.getOwnPropertyDescriptors(prototype);
const { exec, test } = prototype;
const replace = prototype[Symbol.replace];
const match = prototype[Symbol.match];
const matchAll = prototype[Symbol.matchAll];
const search = prototype[Symbol.search];
const split = prototype[Symbol.split];
const probe = /./dgimsuy;
const { flags } = probe;

/**
 * Undoes what an app has changed about regular expressions. Their prototype is the one that cannot be closed: V8 runs
 * them 3 to 5 times slower once it has changed in any way. So it is checked after each call of an app instead, in
 * about ten nanoseconds; a change lasts only for the app's own turn.
 */
export function mendRegExp(): void {
  const intact =
    prototype.exec === exec &&
    prototype.test === test &&
    prototype[Symbol.replace] === replace &&
    prototype[Symbol.match] === match &&
    prototype[Symbol.matchAll] === matchAll &&
    prototype[Symbol.search] === search &&
    prototype[Symbol.split] === split &&
    probe.flags === flags;
  if (intact) return;
  for (const name of Reflect.ownKeys(prototype)) {
    if (!Object.hasOwn(properties, name)) Reflect.deleteProperty(prototype, name);
  }
  Object.defineProperties(prototype, properties);
}
