import type { Place } from "../../../apps/place.ts";
import { findStories, readStory } from "../../../stories/read.ts";
import type { Story } from "../../../stories/story.ts";
import type { Store } from "../../../store.ts";
import { shortened } from "../../look/shorten.ts";

const EVENTS_OFFERED = 25;
const MAX_NAME_CHARACTERS = 40;

/** A sampled event, to be chosen for a trial. */
export interface RecentEvent {
  id: string;
  at: string;
  label: string;
}

/** The newest sampled events of a project whose content was kept: two requests of 3 commands. None while Redis is away. */
export async function recentEvents(store: Store, project: string, nowMs: number): Promise<RecentEvent[]> {
  const look = { project, filter: {}, limit: EVENTS_OFFERED, after: null, nowMs };
  const { stories } = await findStories(store, look).catch(() => ({ stories: [] }));
  return stories
    .filter(({ cut }) => !cut)
    .map(({ id, at, event, distinct_id: person }) => ({
      id,
      at,
      label: `${shortened(event, MAX_NAME_CHARACTERS)} · ${shortened(person, MAX_NAME_CHARACTERS)}`,
    }));
}

/** A sampled event as it came to an app, as JSON to be tried; null when it is gone, or Redis is away. Two commands. */
export async function recentSample(store: Store, place: Place, id: string): Promise<string | null> {
  const story = await readStory(store, place.project, id.toLowerCase()).catch(() => null);
  if (!story || story.cut) return null;
  return JSON.stringify(enteringEvent(story, place.plugin), null, 2);
}

/** As the apps before left it; as it was received where this app has not seen it. */
function enteringEvent({ received, steps }: Story, plugin: string): unknown {
  const index = steps.findIndex((step) => step.plugin === plugin);
  return steps.slice(0, Math.max(0, index)).findLast(({ after }) => after !== undefined)?.after ?? received;
}
