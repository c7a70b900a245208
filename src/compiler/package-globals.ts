/**
 * What npm packages take for granted and not every platform has as a global. esbuild puts an import before the packages
 * for each of these names that they use.
 */
export { Buffer } from "node:buffer";
export { default as process } from "node:process";
export { clearImmediate, setImmediate } from "node:timers";
