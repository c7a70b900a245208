import type { InstanceServices } from "./instance.ts";
import { outlookOf, type Place, update } from "./place.ts";
import type { Scope } from "./scope.ts";
import { createAttachments } from "./state/attachments.ts";
import { applyOverride, byOrder, type OverrideReader } from "./state/override.ts";
import { readRecord, trimRecord, watchedUntilMs } from "./state/record.ts";
import { secretPlace, type Vault } from "./state/vault.ts";
import { createSystemLog } from "./system-log.ts";
import { tearDownInstance } from "./teardown.ts";
import { describeStoreError, type Store } from "../store.ts";

/** The apps of a project as one isolate sees them. */
export interface ProjectView {
  readonly project: string;
  /** In chain order. */
  places: Place[];
  /** When Redis was asked last, in ms; null = never. */
  lookedAtMs: number | null;
  /** Redis did not answer then. */
  away: boolean;
  /** Until when a person watches the project's events, in ms. */
  watchedUntilMs: number;
  /** Counts looks and changes of this isolate's own, so that a slow answer does not undo what is known from a later one. */
  turns: number;
  /** The turn at which the view was taken. */
  turn: number;
}

/**
 * Brings a view to what Redis knows: one request of one command, or for the first one of two, with the apps'
 * `global`. Apps switched off elsewhere are torn down in the background. Rejects when Redis does not answer; the view
 * then stays as it was; before the first look that is the bundled one.
 */
export type Look = (view: ProjectView, scope: Scope) => Promise<void>;

export function createLook(options: {
  store: Store;
  services: InstanceServices;
  vault: Vault | null;
  timeoutMs: number;
}): Look {
  const { store, services, vault } = options;
  const attachments = createAttachments(store);
  const log = createSystemLog(services);
  const nowMs = () => services.now().getTime();

  return async (view, scope) => {
    const { project, places } = view;
    const isFirst = view.lookedAtMs === null;
    view.lookedAtMs = nowMs();
    view.turns += 1;
    const turn = view.turns;
    scope.subrequests += 1;
    try {
      const asked = isFirst ? places.map(({ definition }) => ({ ...definition, project })) : [];
      const record = await readRecord(store, project, asked);
      const outlooks = await Promise.all(
        places.map((place) =>
          outlookOf(place, record, (bundled, override) =>
            applyOverride(bundled, override, readerFor(place, scope), (field, kind) =>
              log(place, "ERROR", unreadable(field, kind), { scope }),
            ),
          ),
        ),
      );
      if (turn < view.turn) return;
      view.turn = turn;
      places.forEach((place, index) => {
        const outlook = outlooks[index];
        const unused = outlook ? update(place, outlook, record) : null;
        if (unused) scope.background(tearDownInstance(unused, scope, options.timeoutMs));
        if (isFirst) place.storedGlobal = record.globals[index] ?? null;
      });
      view.places = places.toSorted(byOrder);
      view.watchedUntilMs = Math.max(view.watchedUntilMs, watchedUntilMs(record));
      view.away = false;
      scope.background(trimRecord(store, project, record, nowMs()));
    } catch (error) {
      if (!view.away) reportAway(view, error, scope);
      view.away = true;
      throw error;
    }
  };

  function readerFor({ project, plugin }: Place, scope: Scope): OverrideReader {
    return {
      unseal: async (sealed, field) =>
        (await vault?.unseal(sealed, secretPlace(project, plugin, field))) ?? null,
      attachment(stored, field) {
        scope.subrequests += 1;
        return attachments.read({ project, plugin, field }, stored, vault);
      },
    };
  }

  /** Once per outage, to the log of each app that is enabled. */
  function reportAway({ places }: ProjectView, error: unknown, scope: Scope): void {
    const known = "this isolate goes on with what it knows of set-up and of the admin's changes";
    const message = `${known}: ${describeStoreError(error)}`;
    for (const place of places) if (place.enabled) log(place, "WARN", message, { scope });
  }
}

function unreadable(field: string, kind: "secret" | "attachment"): string {
  return kind === "secret"
    ? `config.${field} is unset: it was stored under another SECRETS_KEY; set that key again, or enter the value anew`
    : `attachments.${field} is unset: it is gone from Redis, or was stored under another SECRETS_KEY; upload it again`;
}
