import type { Store } from "../store.ts";
import type { AppDefinition } from "./definition.ts";
import type { Instance, InstanceServices } from "./instance.ts";
import { versionedBySettings } from "./meta/config.ts";
import { isDue, type Place, placesFor } from "./place.ts";
import type { Scope } from "./scope.ts";
import { createSetUp } from "./set-up.ts";
import { type AlertDisabled, dueAfter, isSameSeries, overdueIn, type SetupDue } from "./state/due.ts";
import { createRecordOutcome } from "./state/outcome.ts";
import type { Vault } from "./state/vault.ts";
import { isUnderWay } from "./state/series.ts";
import { createSystemLog } from "./system-log.ts";
import { createLook, type ProjectView } from "./view.ts";

/**
 * With `PROJECT_TOKENS=*` any token makes instances; past this many projects all are dropped and made again as
 * needed.
 */
const MAX_PROJECTS = 1000;

/** A view this old is renewed in the background when there is traffic … */
export const REFRESH_MS = 20_000;
/** … and one this old first: an isolate that was idle must not run what an admin has switched off long ago. */
const STALE_MS = 30_000;

/** A project's apps in this isolate. */
export interface Entry extends ProjectView {
  /** Instances to use, in chain order; null until the first request has set them up. */
  warm: readonly Instance[] | null;
}

export interface UpkeepOptions {
  apps: readonly AppDefinition[];
  services: InstanceServices;
  store: Store;
  vault: Vault | null;
  setupTimeoutMs: number;
  /** Publishes the next step of a series. */
  publish: (due: readonly SetupDue[]) => Promise<void>;
  /** Tells people; null when nobody wants to be told. */
  alertDisabled: AlertDisabled | null;
  /** Whether people may watch the events of a project, so that isolates must hear of it when they do. */
  mayBeWatched: (project: string) => boolean;
}

/**
 * Keeps an isolate's apps in step with all others': looks up what changed, sets apps up, goes on with series of
 * attempts.
 */
export interface Upkeep {
  entryOf(project: string): Entry;
  /** All projects known here; they are forgotten by this call. */
  takeAll(): Entry[];
  /** Milliseconds since Redis was asked. */
  ageMs(entry: Entry): number;
  /** Asks Redis: one request. Rejects when it does not answer. */
  renew(entry: Entry, scope: Scope): Promise<void>;
  /**
   * Renews when it is due: in the background, unless the view is missing or stale, when there is a promise to wait
   * for. It never rejects, since events do not wait for Redis to come back; the log says what is wrong.
   */
  freshen(entry: Entry, scope: Scope): Promise<void> | undefined;
  /** Sets up all apps that are due; resolves to what is ready. Never rejects. */
  setUpDue(entry: Entry, scope: Scope): Promise<readonly Instance[]>;
  /** Sets one app up for this isolate; if it fails, the series that follows is published. Never rejects. */
  setUpHere(entry: Entry, place: Place, scope: Scope): Promise<void>;
  /** Executes what a series has come to; resolves to what is due next. Rejects when Redis is away. */
  attempt(due: SetupDue, scope: Scope): Promise<SetupDue[]>;
}

export function createUpkeep(options: UpkeepOptions): Upkeep {
  const { services, publish, alertDisabled, setupTimeoutMs: timeoutMs } = options;
  const apps = options.apps.map((app) => versionedBySettings(app, services.environment));
  const entries = new Map<string, Entry>();
  const nowMs = () => services.now().getTime();
  const log = createSystemLog(services);
  const look = createLook({ ...options, timeoutMs });
  const setUp = createSetUp({ services, outcome: createRecordOutcome(services), timeoutMs });

  /** What this isolate has just done itself is newer than any answer of Redis that is still on its way. */
  function settle(entry: Entry): void {
    entry.turn = entry.turns += 1;
    if (entry.warm) entry.warm = instancesIn(entry);
  }

  const upkeep: Upkeep = {
    entryOf(project) {
      const known = entries.get(project);
      if (known) return known;
      if (entries.size >= MAX_PROJECTS) entries.clear();
      const places = placesFor(project, apps);
      const warm = places.length === 0 ? [] : null;
      const entry: Entry = {
        project,
        places,
        lookedAtMs: null,
        away: false,
        watchedUntilMs: 0,
        turns: 0,
        turn: 0,
        warm,
      };
      entries.set(project, entry);
      return entry;
    },

    takeAll() {
      const all = [...entries.values()];
      entries.clear();
      return all;
    },

    // A clock that was set back must not keep a view from being renewed.
    ageMs: ({ lookedAtMs }) => Math.abs(nowMs() - (lookedAtMs ?? 0)),

    async renew(entry, scope) {
      await look(entry, scope);
      if (entry.warm) entry.warm = instancesIn(entry);
      const overdue = overdueIn(entry.places, nowMs());
      if (overdue.length > 0) scope.background(publish(overdue));
    },

    freshen(entry, scope) {
      const ageMs = upkeep.ageMs(entry);
      const renewed = () => upkeep.renew(entry, scope).catch(() => {});
      if (entry.places.length === 0) {
        // Without apps there is nothing to know but whether a person watches.
        if (ageMs >= REFRESH_MS && options.mayBeWatched(entry.project)) scope.background(renewed());
        return undefined;
      }
      if (entry.lookedAtMs === null || (ageMs >= STALE_MS && !entry.away)) return renewed();
      const triesAlone = entry.away && entry.places.some((place) => isDue(place, nowMs()));
      if (ageMs >= REFRESH_MS || triesAlone) {
        scope.background(renewed().then(() => (entry.warm ? upkeep.setUpDue(entry, scope) : undefined)));
      }
      return undefined;
    },

    async setUpDue(entry, scope) {
      const due = entry.places.filter((place) => isDue(place, nowMs()));
      await Promise.all(due.map((place) => upkeep.setUpHere(entry, place, scope)));
      entry.warm = instancesIn(entry);
      return entry.warm;
    },

    async setUpHere(entry, place, scope) {
      const changed = await setUp(place, scope);
      settle(entry);
      const due = changed ? dueAfter(place, alertDisabled !== null) : [];
      if (due.length === 0) return;
      scope.subrequests += 1;
      await publish(due).catch((error: Error) =>
        log(place, "WARN", `the next attempt of set-up will be published a minute late: ${error.message}`, {
          scope,
        }),
      );
    },

    async attempt(due, scope) {
      const entry = upkeep.entryOf(due.project);
      await upkeep.renew(entry, scope);
      const place = entry.places.find(({ plugin }) => plugin === due.plugin);
      if (!place?.enabled || !isSameSeries(place, due)) return [];
      // A message that is offered again may not have published what follows from it.
      let follows = true;
      if (isUnderWay(place.state, due)) {
        follows = await setUp(place, scope, due);
        settle(entry);
      }
      if (place.state?.status === "disabled") await alertDisabled?.(place);
      return follows ? dueAfter(place, false) : [];
    },
  };
  return upkeep;
}

function instancesIn({ places }: Entry): readonly Instance[] {
  return places.flatMap(({ enabled, instance }) => (enabled && instance ? [instance] : []));
}
