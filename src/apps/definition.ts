import type { Extensions } from "./built-ins/extensions.ts";
import type { Manifest } from "./manifest.ts";

/** Levels as `apps.json` names them, from the least to the most serious. */
export const LOG_LEVEL_NAMES = ["debug", "log", "info", "warn", "error"] as const;

/** A configuration value as `apps.json` writes it: plain JSON, or a reference to a setting. */
export type ConfiguredValue = unknown | { env: string };

/** A file configured for a manifest field of type `attachment`, as the bundle carries it. */
export interface BundledAttachment {
  content_type: string;
  file_name: string;
  /** Base64: the bundle is a text module. */
  contents: string;
}

/** One app of `plugins/`, compiled: an entry of the static registry that `src/compiler` writes. */
export interface AppDefinition {
  /** The app's folder: its durable identity, in keys, messages and routes. */
  plugin: string;
  /** 1-based position in the chain; shown as `NAME (id)`. */
  id: number;
  /** The manifest's `name`, else the folder's. */
  name: string;
  /** Hash of the compiled code and the bundled configuration; a change of either is another version. */
  version: string;
  /** How often an admin has made the app start afresh in this project; absent = never. */
  revision?: number;
  enabled: boolean;
  /** Projects it runs for; undefined = all that the gateway serves. */
  projects?: readonly string[];
  manifest: Manifest;
  /** From `apps.json` over the manifest's defaults; references unresolved. */
  config: Readonly<Record<string, ConfiguredValue>>;
  attachments: Readonly<Record<string, BundledAttachment>>;
  /** Runs its events one after the other within a request (decisions 18b). */
  sequential: boolean;
  /** The least serious level that is logged; undefined = everything. */
  logLevel?: (typeof LOG_LEVEL_NAMES)[number];
  /** What capture does with events while the app's set-up is pending (decisions 17). */
  whilePending: "skip" | "refuse";
  /** Evaluates the app's packages (lazily) and its module body; called once per instance. Throws what the module body throws. */
  createApp: AppFactory;
}

/** The world of an app: its factory's parameter. Everything else that it must not have is shadowed by the compiler. */
export interface AppHost {
  console: unknown;
  posthog: unknown;
  fetch: unknown;
  RetryError: unknown;
  /** The same as `meta.jobs`: the compiler sends calls of the app's own exported jobs here (decisions 2). */
  jobs: unknown;
  /**
   * Called by a loop once in a while: throws when it has gone on too long, else returns the time (ms) of its first
   * call. `startedAtMs` is 0 at the first call, and always for a loop that awaits.
   */
  loop(iterations: number, startedAtMs: number, line: number, column: number): number;
  /** Called by an app's own `then` methods: throws when one goes on for ever. */
  thenable(line: number, column: number): void;
  /** Stands where an app assigns to one of its constants: writing its `value` throws the engine's own error. */
  constant: { value: unknown };
  /** The instance's own global object (`global`, `globalThis`), and the one that its packages see. */
  global: Record<string, unknown>;
  packageGlobal: Record<string, unknown>;
  /** `Function`, but it makes none from text. */
  Function: unknown;
  /** What the app changes of the built-ins, for itself alone. */
  extensions: Extensions;
  /** The built-in modules that its packages require, made ready for this instance. */
  builtins(modules: Readonly<Record<string, object>>): Readonly<Record<string, object>>;
  /** Makes the instance's own copy of a host library. */
  copyLibrary(library: object): object;
  /** Libraries that are the instance's own, by specifier; all others are the same for everyone. */
  libraries: Readonly<Record<string, unknown>>;
  /** Hears where the app's code stands in the bundle, before it is evaluated. */
  source?(marked: MarkedSource): void;
}

/** An app's code in the final bundle, as the compiler has marked it. */
export interface MarkedSource {
  /** A stack whose first place is two lines before the code. */
  begin(): string | undefined;
  /** One whose first place is two lines behind it. */
  end(): string | undefined;
  lines(): SourceLines;
}

/**
 * Where the lines of an app's code come from: `files`, and runs of lines that follow each other in both, three numbers
 * each: first line of the code (from 0), index of the file or -1 for none, line in the file.
 */
export interface SourceLines {
  /** Lines of the code. */
  count: number;
  files: readonly string[];
  runs: readonly number[];
}

/** Where hooks are looked up, in this order (decisions 3); `topLevel` counts only when all others are empty. */
export interface AppExports {
  /** ES exports and assignments to `exports`. */
  exports: unknown;
  /** `exports.default`. */
  defaultExport: unknown;
  moduleExports: unknown;
  /** Top-level function declarations and `var`s of the entry file. */
  topLevel: Readonly<Record<string, unknown>>;
}

export type AppFactory = (host: AppHost) => AppExports;
