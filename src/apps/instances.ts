import type { AppDefinition } from "./definition.ts";
import { type Hooks, type ScheduledTask, scheduledTasks } from "./hooks.ts";
import { createInstance, type Instance } from "./instance.ts";
import { isDue, isWaiting, type Place, release, type Standing, standingOf } from "./place.ts";
import type { Scope } from "./scope.ts";
import type { SetupDue } from "./state/due.ts";
import { watchUntil } from "./state/record.ts";
import { createSystemLog } from "./system-log.ts";
import { tearDownInstance } from "./teardown.ts";
import { createUpkeep, REFRESH_MS, type UpkeepOptions } from "./upkeep.ts";

/** When a client may send again what was refused because an app is just being set up. */
const SOON_MS = 5000;

/** How long after a page with events was loaded somebody counts as watching. */
const WATCH_MS = 60_000;

/** The apps of each project, set up and ready, in chain order: this isolate's view of what all of them share. */
export interface Instances {
  /**
   * A project's ready instances. Synchronous once all are warm, so that a warm request waits for nothing: what changed
   * elsewhere is looked up in the background, every 20 s at the most. A cold isolate, or one that was idle for 30 s, asks
   * Redis first: one request. An app that is pending or disabled is left out. Never rejects.
   */
  ready(project: string, scope: Scope): readonly Instance[] | Promise<readonly Instance[]>;
  /** An app that is not ready and must not be left out (`whilePending: "refuse"`); null when there is none. */
  refusing(project: string): { plugin: string; retryAfterSeconds: number } | null;
  /** One app's ready instance; null while it is pending or disabled, or when it does not run for this project. */
  find(project: string, plugin: string, scope: Scope): Promise<Instance | null>;
  /** Null when the app is not enabled for the project. */
  standing(project: string, plugin: string): Standing | null;
  /** Apps that are to run and have no instance here yet, with their hooks: their deferred work is put off, not lost. */
  waiting(project: string): readonly { plugin: string; hooks: Hooks }[];
  /** One app's hooks, without setting it up; null when it does not run for this project. Never throws. */
  hooks(project: string, plugin: string): Hooks | null;
  /** The tasks that an app has; none while its set-up has not succeeded, which its log says. */
  tasks(project: string, plugin: string): readonly ScheduledTask[];
  /** The apps enabled for a project, in chain order. */
  definitions(project: string): readonly AppDefinition[];
  /** Everything known of a project's apps, enabled or not, in chain order. */
  places(project: string): readonly Place[];
  /** For cron ticks: asks Redis, at most every 20 s, where apps have something to set up or to schedule. Never rejects. */
  keepFresh(project: string, scope: Scope): Promise<void>;
  /** Renews what is known of a project, and replaces what changed where the isolate is warm. Rejects when Redis is away. */
  refresh(project: string, scope: Scope): Promise<void>;
  /** Whether a person watches the project's events just now, as far as this isolate knows. */
  isWatched(project: string): boolean;
  /** A person watches for the next minute: every isolate with traffic hears of it within 20 s. Rejects when Redis is away. */
  watch(project: string): Promise<void>;
  /** Executes what a series of set-up attempts has come to; resolves to what is due next. Rejects when Redis is away. */
  attempt(due: SetupDue, scope: Scope): Promise<SetupDue[]>;
  /** Runs `teardownPlugin` of all that were set up, where a platform lets an instance end. Never rejects. */
  tearDown(scope: Scope): Promise<void>;
}

export function createInstances(options: UpkeepOptions): Instances {
  const { services } = options;
  const upkeep = createUpkeep(options);
  const log = createSystemLog(services);
  const silent = { ...services, log: () => {} };
  const nowMs = () => services.now().getTime();
  /** Apps whose log says already that their tasks are not scheduled. */
  const unscheduled = new WeakSet<Place>();

  const placesOf = (project: string) => upkeep.entryOf(project).places;
  const placeOf = (project: string, plugin: string) =>
    placesOf(project).find((place) => place.plugin === plugin);

  /** Evaluates the app's module where that has not been done. What is wrong with it is set-up's to report. */
  function hooksOf(place: Place): Hooks {
    try {
      place.hooks ??= createInstance(place.definition, place.project, silent).hooks;
    } catch {
      place.hooks = {};
    }
    return place.hooks;
  }

  return {
    ready(project, scope) {
      const entry = upkeep.entryOf(project);
      const renewed = upkeep.freshen(entry, scope);
      if (entry.warm && !renewed) return entry.warm;
      return Promise.resolve(renewed).then(() => upkeep.setUpDue(entry, scope));
    },

    refusing(project) {
      const place = placesOf(project).find(
        (candidate) => candidate.bundled.whilePending === "refuse" && isWaiting(candidate),
      );
      if (!place) return null;
      const waitMs = place.state?.status === "pending" ? place.state.dueAtMs - nowMs() : SOON_MS;
      return { plugin: place.plugin, retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) };
    },

    async find(project, plugin, scope) {
      const entry = upkeep.entryOf(project);
      await upkeep.freshen(entry, scope);
      const place = placeOf(project, plugin);
      if (place && isDue(place, nowMs())) await upkeep.setUpHere(entry, place, scope);
      return place?.enabled ? place.instance : null;
    },

    standing(project, plugin) {
      const place = placeOf(project, plugin);
      return place ? standingOf(place) : null;
    },

    waiting: (project) =>
      placesOf(project)
        .filter(isWaiting)
        .map((place) => ({ plugin: place.plugin, hooks: hooksOf(place) })),

    hooks(project, plugin) {
      const place = placeOf(project, plugin);
      return place?.enabled ? hooksOf(place) : null;
    },

    tasks(project, plugin) {
      const place = placeOf(project, plugin);
      if (!place?.enabled) return [];
      const hooks = hooksOf(place);
      const tasks = scheduledTasks.filter((task) => hooks[task]);
      if (standingOf(place) === "running") {
        unscheduled.delete(place);
        return tasks;
      }
      if (tasks.length > 0 && !unscheduled.has(place)) {
        unscheduled.add(place);
        log(place, "ERROR", "Cannot load scheduled tasks because the plugin errored during setup.");
      }
      return [];
    },

    definitions: (project) =>
      placesOf(project).flatMap(({ enabled, definition }) => (enabled ? [definition] : [])),

    places: placesOf,

    async keepFresh(project, scope) {
      const entry = upkeep.entryOf(project);
      const isConcerned = entry.places.some((place) => {
        const hooks = hooksOf(place);
        return hooks.setupPlugin ?? scheduledTasks.some((task) => hooks[task]);
      });
      if (isConcerned && upkeep.ageMs(entry) >= REFRESH_MS) await upkeep.renew(entry, scope).catch(() => {});
    },

    async refresh(project, scope) {
      const entry = upkeep.entryOf(project);
      await upkeep.renew(entry, scope);
      if (entry.warm) await upkeep.setUpDue(entry, scope);
    },

    isWatched: (project) => upkeep.entryOf(project).watchedUntilMs > nowMs(),

    async watch(project) {
      const entry = upkeep.entryOf(project);
      if (entry.watchedUntilMs > nowMs() + WATCH_MS / 2) return;
      const untilMs = nowMs() + WATCH_MS;
      await watchUntil(options.store, project, untilMs);
      entry.watchedUntilMs = untilMs;
    },

    attempt: upkeep.attempt,

    async tearDown(scope) {
      const running = upkeep.takeAll().flatMap(({ places }) => places.map(release));
      await Promise.all(
        running.map(async (instance) => {
          if (!instance?.hooks.teardownPlugin) return;
          await tearDownInstance(instance, scope, options.setupTimeoutMs);
          void instance.global.save(scope.commands);
        }),
      );
    },
  };
}
