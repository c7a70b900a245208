import { RECENT_HOURS } from "../../accounts/activity.ts";
import { activityOf, type HookActivity } from "../../accounts/app-activity.ts";
import { hoursBetween, readHours, totalsOf } from "../../accounts/read.ts";
import { readLog } from "../../logs/read.ts";
import type { ReadEntry } from "../../logs/stored-entry.ts";
import type { Store } from "../../store.ts";
import type { DescribedApp } from "../shown-apps.ts";
import { figure } from "../look/figure.ts";

const HOUR_MS = 3_600_000;
const SHOWN_HOURS = 24;
const ERRORS_READ = 20;

/** An app with what it did within the last day. */
export interface AppHealth {
  app: DescribedApp;
  hooks: readonly HookActivity[];
  /** The last error of each hook, newest first, as far as they are among the latest `ERRORS_READ` of its log. */
  errors: readonly ReadEntry[];
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
    Promise.all(apps.map(({ plugin }) => lastErrorsOf(store, project, plugin, nowMs))),
  ]);
  const [day, recent] = [totalsOf(accounts), totalsOf(accounts.slice(0, RECENT_HOURS))];
  return apps.map((app, index) => ({
    app,
    hooks: activityOf(day, app.plugin),
    errors: errors[index] ?? [],
    ...stateOf(app, activityOf(recent, app.plugin)),
  }));
}

/** What can be told while Redis is away. */
export function unknownHealth(app: DescribedApp): AppHealth {
  return { app, hooks: [], errors: [], ...stateOf(app, []) };
}

/** How an app stands, by what its hooks did of late; failures make one that runs degraded. */
export function stateOf(
  app: DescribedApp,
  recent: readonly HookActivity[],
): Pick<AppHealth, "state" | "why"> {
  const failing = recent.filter(({ failed }) => failed > 0);
  if (app.state !== "running" || failing.length === 0) {
    return { state: app.state, why: ("why" in app ? app.why : null) ?? null };
  }
  const parts = failing.map(({ hook, failed }) => `${figure(failed)} in ${hook}`);
  return { state: "degraded", why: `failed within two hours: ${parts.join(", ")}` };
}

async function lastErrorsOf(
  store: Store,
  project: string,
  plugin: string,
  nowMs: number,
): Promise<readonly ReadEntry[]> {
  const { entries } = await readLog(store, { project, plugin, level: "ERROR", nowMs, limit: ERRORS_READ });
  return [...Map.groupBy(entries, ({ hook }) => hook).values()].flatMap(([newest]) => newest ?? []);
}
