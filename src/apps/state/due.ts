import type { Place } from "../place.ts";
import { isOverdue, type SetupStep } from "./series.ts";

/** The next step of a series of set-up attempts, as a delayed message carries it. */
export interface SetupDue extends SetupStep {
  project: string;
  plugin: string;
  version: string;
  revision: number;
  delaySeconds: number;
  /** Names this message: published twice, it is delivered once. */
  id: string;
}

/** Tells people that an app has been disabled. Never rejects; tells once, however often it is called for one state. */
export type AlertDisabled = (place: Place) => Promise<void>;

/**
 * What follows from a place's state: the next attempt, or, when the app was disabled and people want to know, a
 * message whose delivery tells them.
 */
export function dueAfter(place: Place, tellsPeople: boolean): SetupDue[] {
  const { state } = place;
  if (state?.status === "pending") {
    const delaySeconds = (state.dueAtMs - state.atMs) / 1000;
    return [{ ...dueIn(place, state.series, state.attempt + 1), delaySeconds }];
  }
  return state?.status === "disabled" && tellsPeople ? [dueIn(place, state.series, 0)] : [];
}

/** Attempts whose message must be taken for lost, to be published again; once a minute, whoever sees it. */
export function overdueIn(places: readonly Place[], nowMs: number): SetupDue[] {
  const minute = Math.floor(nowMs / 60_000);
  return places
    .filter(({ enabled, alone, state }) => enabled && !alone && isOverdue(state, nowMs))
    .flatMap((place) =>
      dueAfter(place, false).map((due) => Object.assign(due, { id: `${due.id}.${minute}`, delaySeconds: 0 })),
    );
}

/** Whether a message belongs to what is now set up: not to an earlier series, configuration or deployment. */
export function isSameSeries({ definition, state }: Place, due: SetupDue): boolean {
  return (
    due.version === definition.version &&
    due.revision === (definition.revision ?? 0) &&
    due.series === state?.series
  );
}

function dueIn({ project, definition }: Place, series: string, attempt: number): SetupDue {
  const { plugin, version, revision = 0 } = definition;
  return { project, plugin, version, revision, series, attempt, delaySeconds: 0, id: `${series}.${attempt}` };
}
