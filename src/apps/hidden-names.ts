/**
 * What apps must not find, neither as a name nor on `global`: they have jobs instead of timers and no process
 * (runtime 4.2), nothing by which bundled code takes this for a browser, and nothing through which one app could reach
 * what others share.
 */
export const HIDDEN_GLOBALS = [
  "setTimeout",
  "setInterval",
  "setImmediate",
  "clearTimeout",
  "clearInterval",
  "clearImmediate",
  "queueMicrotask",
  "scheduler",
  "process",
  "navigator",
  "Deno",
  "self",
  "addEventListener",
  "removeEventListener",
  "dispatchEvent",
  "reportError",
  "close",
  "prompt",
  "alert",
  "confirm",
  "caches",
  "localStorage",
  "sessionStorage",
  "BroadcastChannel",
  "Worker",
] as const;
