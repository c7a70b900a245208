/** What apps must not find, neither as a name nor on `global`: they have jobs instead of timers, and no process (runtime 4.2). */
export const HIDDEN_GLOBALS = [
  "setTimeout",
  "setInterval",
  "setImmediate",
  "clearTimeout",
  "clearInterval",
  "clearImmediate",
  "queueMicrotask",
  "process",
] as const;
