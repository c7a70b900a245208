import type { AppDefinition } from "./definition.ts";
import type { Hooks } from "./hooks.ts";
import type { Instance } from "./instance.ts";
import type { Override } from "./state/override.ts";
import type { ProjectRecord } from "./state/record.ts";
import { overrideField, setupField } from "./state/record.ts";
import type { SetupState } from "./state/series.ts";

/** Where an app stands with one project, as this isolate knows it. */
export interface Place {
  readonly project: string;
  readonly plugin: string;
  /** As `apps.json` has it. */
  readonly bundled: AppDefinition;
  override: Override | null;
  /** With the admin's changes; another object whenever the app has to be set up afresh. */
  definition: AppDefinition;
  enabled: boolean;
  /** Shared by all isolates; null while no set-up of this version and revision is known. */
  state: SetupState | null;
  /** The state is this isolate's own, since Redis did not take it. */
  alone: boolean;
  /** Ready for use. An instance of an earlier definition serves until its successor is ready. */
  instance: Instance | null;
  /** Known once the app's module has been evaluated, set up or not. */
  hooks: Hooks | null;
  /** Stored `global`, read ahead in the first request to Redis; undefined when it was not. */
  storedGlobal: string | null | undefined;
}

export type Standing = "running" | "pending" | "disabled";

/** The apps that may run for a project, enabled or not, each folder once: the listing that is enabled counts. */
export function placesFor(project: string, apps: readonly AppDefinition[]): Place[] {
  const listings = apps.filter((app) => !app.projects || app.projects.includes(project));
  return listings
    .filter(
      (app) =>
        app ===
        (listings.find((other) => other.plugin === app.plugin && other.enabled) ??
          listings.find((other) => other.plugin === app.plugin)),
    )
    .map((bundled) => ({
      project,
      plugin: bundled.plugin,
      bundled,
      override: null,
      definition: bundled,
      enabled: bundled.enabled,
      state: null,
      alone: false,
      instance: null,
      hooks: null,
      storedGlobal: undefined,
    }));
}

/** Whether the app has to be set up before its next use. What is pending for all isolates waits for its message. */
export function isDue(place: Place, nowMs: number): boolean {
  if (!place.enabled || place.instance?.definition === place.definition) return false;
  switch (place.state?.status) {
    case undefined:
    case "ready":
      return true;
    case "pending":
      return place.alone && place.state.dueAtMs <= nowMs;
    case "disabled":
      return false;
  }
}

/** Null when the app is not enabled. One that works here goes on while others have to set theirs up again. */
export function standingOf(place: Place): Standing | null {
  if (!place.enabled) return null;
  const { state, instance } = place;
  if (instance || !state || state.status === "ready") return "running";
  return state.status;
}

/** Whether the app is to run and has no instance here yet: it is pending, or just being set up. */
export function isWaiting({ enabled, instance, state }: Place): boolean {
  return enabled && !instance && state?.status !== "disabled";
}

/** The admin's changes to an app as Redis has them, and the definition that they make. */
export interface Outlook {
  override: Override | null;
  definition: AppDefinition;
}

/** Reads an app's override from the record; the definition stays the same object unless it has to start afresh. */
export async function outlookOf(
  place: Place,
  { fields }: ProjectRecord,
  apply: (bundled: AppDefinition, override: Override) => Promise<AppDefinition>,
): Promise<Outlook> {
  const text = fields.get(overrideField(place.plugin));
  const override = text === undefined ? null : (JSON.parse(text) as Override);
  const revision = override?.revision ?? 0;
  if (revision === (place.definition.revision ?? 0)) return { override, definition: place.definition };
  return { override, definition: override ? await apply(place.bundled, override) : place.bundled };
}

/** Updates a place to what Redis knows; returns the instance that is out of use by that, if one is. */
export function update(place: Place, outlook: Outlook, { fields }: ProjectRecord): Instance | null {
  const { plugin, version, revision = 0 } = outlook.definition;
  const text = fields.get(setupField(plugin, version));
  const state = text === undefined ? null : (JSON.parse(text) as SetupState);
  const current = state?.revision === revision ? state : null;
  const goesOn = place.alone && place.definition === outlook.definition && place.state?.status === "pending";
  if (current || !goesOn) {
    place.state = current;
    place.alone = false;
  }
  place.override = outlook.override;
  place.definition = outlook.definition;
  place.enabled = outlook.override?.enabled ?? place.bundled.enabled;
  return place.enabled && place.state?.status !== "disabled" ? null : release(place);
}

/** Takes the instance out of use. */
export function release(place: Place): Instance | null {
  const { instance } = place;
  place.instance = null;
  return instance;
}
