import { HIDDEN_GLOBALS } from "../apps/hidden-names.ts";

/** Names in compiled apps that are the compiler's own; the prefix keeps them apart from whatever an author writes. */
export const HOST = "__edgehog_host";
export const PACKAGES = "__edgehog_packages";
export const TOP_LEVEL = "__edgehog_topLevel";
export const MODULE = "__edgehog_module";
export const VALUE = "__edgehog_value";
export const BUILTINS = "__edgehog_builtins";
export const BEGIN = "__edgehog_begin";
export const END = "__edgehog_end";

/** What an app's factory takes out of its host. */
export const SUPPLIED_NAMES = ["console", "posthog", "fetch", "RetryError", "global", "Function"] as const;

/** What an app's factory shadows; imports are resolved at build time, so that there is no `require` left either. */
export const HIDDEN_NAMES = [...HIDDEN_GLOBALS, "require"] as const;

/** What an app's factory declares around the app; an app may replace them for itself. */
export const FACTORY_NAMES: ReadonlySet<string> = new Set([
  ...SUPPLIED_NAMES,
  ...HIDDEN_NAMES,
  "globalThis",
  "exports",
  "module",
]);

/** Those that make up the frame itself, and are not properties of the global object. */
export const FRAME_NAMES: ReadonlySet<string> = new Set(["global", "globalThis", "exports", "module"]);
