import type { Sampled } from "../../stories/story.ts";
import type { ProcessedPluginEvent } from "../plugin-event.ts";

/** Where a buffered event keeps what is said of whole messages elsewhere: a buffer gathers the events of many requests. */
const GENERATION = "__edgehog_generation";
/** When it arrived (ms), of one that is followed. */
const SAMPLED_AT = "__edgehog_sampled_at";

type NotedEvent = ProcessedPluginEvent & { [GENERATION]?: number; [SAMPLED_AT]?: number };

/** What is known of buffered events beside themselves. */
export interface Notes {
  /** The highest of them; a client's events are generation 0. */
  generation: number;
  /** Those that are followed; undefined where none is. */
  sampled: Sampled | undefined;
}

/** Events as they are buffered. Those of which there is nothing to note, as a rule, stay as they are. */
export function withNotes(
  events: readonly ProcessedPluginEvent[],
  { generation = 0, sampled }: { generation?: number | undefined; sampled?: Sampled | undefined },
): readonly ProcessedPluginEvent[] {
  if (generation === 0 && !sampled) return events;
  return events.map((event): NotedEvent => {
    const noted: NotedEvent = { ...event };
    if (generation > 0) noted[GENERATION] = generation;
    if (sampled?.ids.includes(event.uuid)) noted[SAMPLED_AT] = sampled.atMs;
    return noted;
  });
}

/** Takes the notes off buffered events, which are changed. Of different arrivals the latest counts for all. */
export function takeNotes(events: readonly NotedEvent[]): Notes {
  let generation = 0;
  let atMs = 0;
  const ids: string[] = [];
  for (const event of events) {
    generation = Math.max(generation, event[GENERATION] ?? 0);
    if (event[SAMPLED_AT] !== undefined) {
      atMs = Math.max(atMs, event[SAMPLED_AT]);
      ids.push(event.uuid);
    }
    delete event[GENERATION];
    delete event[SAMPLED_AT];
  }
  return { generation, sampled: ids.length > 0 ? { atMs, ids } : undefined };
}
