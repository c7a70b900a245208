import { deriveId, deriveUuid } from "../derived-id.ts";
import type { ClientLocation } from "../event.ts";
import type { BufferedObject, BufferPlace } from "./buffer.ts";

/** What apps may leave behind in one piece of work: more looks like a loop, and would keep the work from its end. */
const MAX_CAPTURED = 10_000;
const MAX_JOBS = 1000;

/** An event that an app made with `posthog.capture`, to re-enter at the start of the chain. */
export interface AppEvent {
  uuid: string;
  event: string;
  distinct_id: string;
  /** As the app gave it, or ISO time of the call. */
  timestamp: string;
  properties: Record<string, unknown>;
}

/** What apps captured for one project in one piece of work. */
export interface AppEvents {
  project: string;
  events: AppEvent[];
  /** How many captures in a row led to these events; those of a client are generation 0. */
  generation: number;
}

/** What apps added to one buffer in one piece of work. */
export interface AddedObjects {
  place: BufferPlace;
  objects: BufferedObject[];
}

/** A job that an app has scheduled with `meta.jobs`. */
export interface ScheduledJob {
  id: string;
  project: string;
  plugin: string;
  job: string;
  /** Milliseconds since the epoch. */
  dueAtMs: number;
  /** JSON; absent when the job was scheduled without one. */
  payload?: unknown;
  generation: number;
}

/** What apps leave behind when a piece of work ends: to be made durable before it is acknowledged. */
export interface Leftovers {
  /** Id of the work, the same when it is done again. */
  id: string;
  captured: AppEvents[];
  jobs: ScheduledJob[];
  added: AddedObjects[];
  /** Generation of the work: a flush that follows from it has the same. */
  generation: number;
  /**
   * Where clients are, as far as this piece of work knows: a deferred message takes along those of the addresses in
   * it.
   */
  locations: ReadonlyMap<string, ClientLocation>;
}

/** What the apps of one piece of work have left so far. */
export interface KeptLeftovers {
  /** Keeps an app's event for `finish`; after that, publishes it at once. */
  capture(project: string, plugin: string, event: Omit<AppEvent, "uuid">): Promise<void>;
  /** Keeps an app's job likewise. */
  schedule(job: Omit<ScheduledJob, "generation" | "id">): Promise<void>;
  /** Keeps an object that an app adds to a buffer likewise. */
  buffer(place: BufferPlace, object: BufferedObject): Promise<void>;
  /** What is kept for a buffer so far; with `take`, it is handed over and kept no longer. */
  buffered(place: BufferPlace, take?: "take"): readonly BufferedObject[];
  /** Whether an app has left something that `finish` is to hand over. */
  isAuthor(plugin: string): boolean;
  /** Hands over, once, what was left. What comes later is published at once. */
  handOver(): Leftovers;
}

export function createLeftovers(options: {
  /** Of the work. */
  id: string;
  /** The work's generation so far. */
  generation: () => number;
  locations: ReadonlyMap<string, ClientLocation>;
  /** Takes what an app leaves after the work has been acknowledged. */
  publishLate: (leftovers: Leftovers) => Promise<void>;
}): KeptLeftovers {
  const { id, generation, locations } = options;
  const captured = new Map<string, AppEvents>();
  const jobs: ScheduledJob[] = [];
  const added = new Map<BufferPlace, AddedObjects>();
  const authors = new Set<string>();
  const timesSaid = new Map<string, number>();
  let finished = false;
  let late = 0;

  function publishLate(leftovers: Partial<Leftovers>): Promise<void> {
    late += 1;
    return options.publishLate({
      id: deriveId(id, "late", String(late)),
      captured: [],
      jobs: [],
      added: [],
      generation: generation(),
      locations,
      ...leftovers,
    });
  }

  /**
   * What identifies something that an app leaves: the work, the content, and how often the same was left before. The
   * order alone would not do: it changes when events run concurrently.
   */
  function identify(...content: string[]): string[] {
    const said = content.join("\n");
    const before = timesSaid.get(said) ?? 0;
    timesSaid.set(said, before + 1);
    return [id, String(before), ...content];
  }

  return {
    capture(project, plugin, made) {
      // Without the time, which differs when the work is done again.
      const content = textOf(made.properties);
      const identity = identify("event", project, plugin, made.event, made.distinct_id, content);
      // As it is now: the app may go on changing what it handed over.
      const properties = content === "" ? made.properties : JSON.parse(content);
      const event = { uuid: deriveUuid(...identity), ...made, properties };
      const alone = { project, events: [event], generation: generation() + 1 };
      authors.add(plugin);
      if (finished) return publishLate({ captured: [alone] });
      const batch = captured.get(project);
      if (batch && batch.events.length >= MAX_CAPTURED) {
        return tooMany(`posthog.capture of "${event.event}"`, `${MAX_CAPTURED} events`);
      }
      if (batch) batch.events.push(event);
      else captured.set(project, alone);
      return Promise.resolve();
    },

    schedule(job) {
      const { project, plugin, job: name, payload } = job;
      const identity = identify("job", project, plugin, name, textOf(payload));
      const scheduled = { id: deriveId(...identity), ...job, generation: generation() };
      authors.add(plugin);
      if (finished) return publishLate({ jobs: [scheduled] });
      if (jobs.length >= MAX_JOBS) return tooMany(`jobs.${job.job}`, `${MAX_JOBS} jobs`);
      jobs.push(scheduled);
      return Promise.resolve();
    },

    buffer(place, object) {
      authors.add(place.plugin);
      if (finished) return publishLate({ added: [{ place, objects: [object] }] });
      const kept = added.get(place);
      if (kept) kept.objects.push(object);
      else added.set(place, { place, objects: [object] });
      return Promise.resolve();
    },

    buffered(place, take) {
      const objects = added.get(place)?.objects ?? [];
      if (take) added.delete(place);
      return objects;
    },

    isAuthor: (plugin) => authors.has(plugin),

    handOver() {
      finished = true;
      const leftovers = {
        id,
        captured: [...captured.values()],
        jobs: [...jobs],
        added: [...added.values()],
        generation: generation(),
        locations,
      };
      captured.clear();
      jobs.length = 0;
      added.clear();
      return leftovers;
    },
  };
}

function tooMany(what: string, limit: string): Promise<never> {
  return Promise.reject(new Error(`${what} refused: the apps of this request have left ${limit} already`));
}

function textOf(content: unknown): string {
  try {
    return JSON.stringify(content) ?? "";
  } catch {
    // What JSON cannot hold is told apart by how often the app left something.
    return "";
  }
}
