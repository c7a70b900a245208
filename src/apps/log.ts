export type LogLevel = "DEBUG" | "LOG" | "INFO" | "WARN" | "ERROR";

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

/** Longer messages are cut: one app must not fill the log of all. */
const MAX_MESSAGE_CHARACTERS = 50_000;

/** Writes entries as one line of JSON each, by way of the platform's console, which every platform collects. */
export function createLineLog(write: (line: string) => void): LogSink {
  return (entry) => {
    const message =
      entry.message.length > MAX_MESSAGE_CHARACTERS
        ? `${entry.message.slice(0, MAX_MESSAGE_CHARACTERS)}… (cut, ${entry.message.length} characters)`
        : entry.message;
    write(JSON.stringify({ ...entry, message }));
  };
}
