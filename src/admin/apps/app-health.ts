import { activityOf, type HookActivity } from "../../accounts/app-activity.ts";
import { hoursBetween, readHours, totalsOf } from "../../accounts/read.ts";
import { keys } from "../../keys.ts";
import { readLog } from "../../logs/read.ts";
import type { ReadEntry } from "../../logs/stored-entry.ts";
import type { Store } from "../../store.ts";
import type { DescribedApp } from "../shown-apps.ts";

const HOUR_MS = 3_600_000;
const SHOWN_HOURS = 24;
/** Failures of this hour and the one before make an app degraded. */
const RECENT_HOURS = 2;

/** An app with what it did within the last day. */
export interface AppHealth {
  app: DescribedApp;
  hooks: readonly HookActivity[];
  /** Null when its log has none. */
  lastError: ReadEntry | null;
  /** `degraded` is an app that runs and has failed events of late. */
  state: DescribedApp["state"] | "degraded";
  why: string | null;
}

/** Reads it for a project's apps. A request of 24 commands, and one for each app. Rejects when Redis does. */
export async function readHealth(
  store: Store,
  project: string,
  apps: readonly DescribedApp[],
  nowMs: number,
): Promise<AppHealth[]> {
  const hours = hoursBetween(nowMs - (SHOWN_HOURS - 1) * HOUR_MS, nowMs);
  const [accounts, errors] = await Promise.all([
    readHours(store, project, hours),
    Promise.all(apps.map(({ plugin }) => lastErrorOf(store, project, plugin, nowMs))),
  ]);
  const [day, recent] = [totalsOf(accounts), totalsOf(accounts.slice(0, RECENT_HOURS))];
  return apps.map((app, index) => ({
    app,
    hooks: activityOf(day, app.plugin),
    lastError: errors[index] ?? null,
    ...stateOf(app, activityOf(recent, app.plugin)),
  }));
}

/** What can be told while Redis is away. */
export function unknownHealth(app: DescribedApp): AppHealth {
  return { app, hooks: [], lastError: null, ...stateOf(app, []) };
}

function stateOf(app: DescribedApp, recent: readonly HookActivity[]): Pick<AppHealth, "state" | "why"> {
  const failing = recent.filter(({ failed }) => failed > 0);
  if (app.state !== "running" || failing.length === 0) {
    return { state: app.state, why: ("why" in app ? app.why : null) ?? null };
  }
  const parts = failing.map(({ hook, failed }) => `${failed.toLocaleString("en")} in ${hook}`);
  return { state: "degraded", why: `failed within two hours: ${parts.join(", ")}` };
}

async function lastErrorOf(
  store: Store,
  project: string,
  plugin: string,
  nowMs: number,
): Promise<ReadEntry | null> {
  const since = new Date(nowMs - keys.appLogTtlSeconds * 1000).toISOString();
  const { entries } = await readLog(store, { project, plugin, level: "ERROR", since, limit: 1 });
  return entries[0] ?? null;
}
