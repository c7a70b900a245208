import type { LogEntry, LogLevel } from "../apps/log.ts";
import { currentInvocation } from "../apps/scope.ts";
import type { Environment } from "../settings.ts";
import type { Store } from "../store.ts";
import { createKeptLogs, type KeptLogs } from "./kept.ts";
import type { Mask } from "./mask.ts";
import { createSecrets, type Secrets } from "./secrets.ts";

/** What apps and the gateway write down, without secrets. */
export interface Logs {
  secrets: Secrets;
  mask: Mask;
  /** Entries on their way to Redis. */
  kept: KeptLogs;
  /** Takes an app's entry: a line on the platform's console, which every platform collects, and one in the log that Redis keeps. */
  log(entry: LogEntry): void;
  /** A line of the gateway's own, in the form of the apps', on the console alone. */
  writeFault(message: string): void;
  writeNote(message: string): void;
}

export function createLogs(options: {
  environment: Environment;
  store: Store;
  /** Takes a line without a line break. */
  write: (line: string) => void;
  uuid: () => string;
  now: () => Date;
}): Logs {
  const { write, now } = options;
  const secrets = createSecrets(options.environment);
  const kept = createKeptLogs(options);
  const writeOwn = (level: LogLevel) => (message: string) => {
    const entry = { timestamp: now().toISOString(), level, source: "SYSTEM" };
    write(JSON.stringify({ ...entry, message: secrets.mask(message) }));
  };
  return {
    secrets,
    mask: secrets.mask,
    kept,
    log(entry) {
      write(JSON.stringify(entry));
      kept.add(entry);
      currentInvocation.getStore()?.scope.logs.logged();
    },
    writeFault: writeOwn("ERROR"),
    writeNote: writeOwn("INFO"),
  };
}
