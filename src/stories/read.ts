import { keys } from "../keys.ts";
import type { Store } from "../store.ts";
import type { Attempt, Story } from "./story.ts";

/** Stories can be long, so not all of them may arrive in one reply. */
const STORIES_PER_REQUEST = 25;

/** A story with what has become of its event at the destinations so far, oldest first. */
export interface ToldStory extends Story {
  deliveries: Attempt[];
}

/** Which stories are wanted; all filters together. */
export interface StoryFilter {
  /** Part of the event's name, in any case. */
  event?: string | undefined;
  distinctId?: string | undefined;
  /** An app's folder: it changed or dropped the event, failed with it, or was to be given it. */
  app?: string | undefined;
}

/** A place in the list: arrival (ms), events of the same time by id. */
export interface StoryPosition {
  atMs: number;
  id: string;
}

/**
 * Reads a page of a project's stories, newest first: one command for all ids, of which there are at most `storiesKept`, and
 * a request of two for each 25 stories looked at. `next` is null when there are no older ones. Rejects when Redis does.
 */
export async function findStories(
  store: Store,
  options: {
    project: string;
    filter: StoryFilter;
    limit: number;
    after: StoryPosition | null;
    nowMs: number;
  },
): Promise<{ stories: ToldStory[]; next: StoryPosition | null }> {
  const { project, filter, limit, after } = options;
  const listed = await store.zrange<string[]>(keys.storyIds(project), 0, -1, { rev: true, withScores: true });
  const oldestMs = options.nowMs - keys.storiesTtlSeconds * 1000;
  const places = positionsIn(listed).filter(
    (place) => place.atMs >= oldestMs && (after === null || isOlder(place, after)),
  );
  const stories: ToldStory[] = [];
  for (let from = 0; from < places.length; from += STORIES_PER_REQUEST) {
    const some = places.slice(from, from + STORIES_PER_REQUEST);
    const read = await readStories(
      store,
      project,
      some.map(({ id }) => id),
    );
    for (const story of read) {
      if (!matches(story, filter)) continue;
      const last = stories.at(-1);
      if (last && stories.length === limit) {
        return { stories, next: { atMs: Date.parse(last.at), id: last.id } };
      }
      stories.push(story);
    }
  }
  return { stories, next: null };
}

/** Reads one story; null when there is none, or no more. One request of two commands. */
export async function readStory(store: Store, project: string, id: string): Promise<ToldStory | null> {
  const [story] = await readStories(store, project, [id]);
  return story ?? null;
}

async function readStories(store: Store, project: string, ids: readonly string[]): Promise<ToldStory[]> {
  const [stories, attempts] = await store
    .pipeline()
    .hmget(keys.stories(project), ...ids)
    .hmget(keys.storyAttempts(project), ...ids)
    .exec<[(string | null)[], (string | null)[]]>();
  return stories.flatMap((text, index) => {
    // Its deliveries were written first, or the story was too large to be kept with others.
    if (text === null) return [];
    const deliveries = JSON.parse(`[${attempts[index] ?? ""}]`) as Attempt[];
    return [{ ...(JSON.parse(text) as Story), deliveries: deliveries.toSorted(byTime) }];
  });
}

function positionsIn(listed: readonly (string | number)[]): StoryPosition[] {
  const places: StoryPosition[] = [];
  for (let index = 0; index < listed.length; index += 2) {
    places.push({ id: String(listed[index]), atMs: Number(listed[index + 1]) });
  }
  return places;
}

function isOlder(place: StoryPosition, than: StoryPosition): boolean {
  return place.atMs === than.atMs ? place.id < than.id : place.atMs < than.atMs;
}

function byTime(one: Attempt, other: Attempt): number {
  return one.at < other.at ? -1 : Number(one.at > other.at);
}

function matches(story: ToldStory, { event, distinctId, app }: StoryFilter): boolean {
  if (event !== undefined && !story.event.toLowerCase().includes(event.toLowerCase())) return false;
  if (distinctId !== undefined && story.distinct_id !== distinctId) return false;
  return (
    app === undefined ||
    story.steps.some(({ plugin, outcome }) => plugin === app && outcome !== "unchanged") ||
    story.deliveries.some(({ plugin }) => plugin === app)
  );
}
