import type { Mask } from "../logs/mask.ts";
import type { AppDefinition } from "./definition.ts";
import { currentInvocation } from "./scope.ts";

/** From the least to the most serious. */
export const LOG_LEVELS = ["DEBUG", "LOG", "INFO", "WARN", "ERROR"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Who speaks: the app itself, the gateway about the app, or an error that the app threw. */
export type LogSource = "CONSOLE" | "SYSTEM" | "PLUGIN";

/** One line of an app's log. */
export interface LogEntry {
  timestamp: string;
  level: LogLevel;
  source: LogSource;
  plugin: string;
  project: string;
  hook?: string;
  message: string;
}

/** Takes an entry; never throws and never waits. */
export type LogSink = (entry: LogEntry) => void;

/** Writes to one app's log, under the hook that runs unless another is named. */
export type AppLog = (level: LogLevel, source: LogSource, message: string, hook?: string) => void;

/** Longer messages are cut: one app must not fill the log of all. */
const MAX_MESSAGE_CHARACTERS = 50_000;

/**
 * The log of one app in one project: entries below the app's level are left out, messages are cut, rid of secrets, and of
 * what neither JSON nor Redis carries (lone surrogates, NUL).
 */
export function createAppLog(options: {
  definition: AppDefinition;
  project: string;
  mask: Mask;
  log: LogSink;
  now: () => Date;
}): AppLog {
  const { plugin, logLevel } = options.definition;
  const least = LOG_LEVELS.indexOf((logLevel?.toUpperCase() ?? "DEBUG") as LogLevel);
  return (level, source, message, hook = currentInvocation.getStore()?.hook) => {
    if (LOG_LEVELS.indexOf(level) < least) return;
    options.log({
      timestamp: options.now().toISOString(),
      level,
      source,
      plugin,
      project: options.project,
      ...(hook ? { hook } : {}),
      message: printable(message, options.mask),
    });
  };
}

function printable(message: string, mask: Mask): string {
  const text = mask(message, MAX_MESSAGE_CHARACTERS).toWellFormed().replaceAll("\0", "\ufffd");
  const { length } = message;
  return length > MAX_MESSAGE_CHARACTERS ? `${text}… (cut, ${length} characters)` : text;
}
