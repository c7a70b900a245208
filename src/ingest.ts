import { type Counts, countsOfAccepted, countsOfDropped } from "./accounts/counts.ts";
import type { Tally } from "./accounts/tally.ts";
import type { Scope } from "./apps/scope.ts";
import type { CaptureMessage, OnUnwritable } from "./delivery/message.ts";
import { deliverMessages, outgoing } from "./delivery/publish.ts";
import type { OutgoingMessage, Queue } from "./delivery/queue.ts";
import type { CapturedBatch, PluginEvent } from "./event.ts";
import type { Pipeline, ProcessedEvent } from "./pipeline/index.ts";
import type { Stories } from "./stories/index.ts";
import type { Traces } from "./stories/trace.ts";
import { teamIdOf } from "./team.ts";

/** Of an error that an app may have written. */
const MAX_REASON_CHARACTERS = 500;

/** The way of events from capture, or from an app, to the queue. Resolves when they are durable. */
export interface Ingest {
  /** A client's events. Rejects with `QueueUnavailable`: nothing may be acknowledged then. */
  client(batch: CapturedBatch, scope: Scope): Promise<void>;
  /** Events that apps captured, back at the start of the chain. Resolves to the messages that bring them further. */
  apps(message: CaptureMessage, scope: Scope): Promise<OutgoingMessage[]>;
}

export function createIngest(options: {
  pipeline: Pipeline;
  queue: Queue;
  maxMessageBytes: number;
  /** Messages for what apps left behind. */
  leftovers: (scope: Scope) => Promise<OutgoingMessage[]>;
  /** Accounts for requests of which apps dropped everything by a message, not as well as it goes (`EXACT_DROPS`). */
  exactDrops: boolean;
  tally: Tally;
  stories: Stories;
  now: () => Date;
  /** Hears of events that apps left in a form that cannot be written, a line each. */
  onFault: (message: string) => void;
}): Ingest {
  const { stories } = options;
  async function process(
    batch: CapturedBatch,
    scope: Scope,
    how: { traces: Traces | null; trustMarkers?: boolean },
  ): Promise<OutgoingMessage[]> {
    const { id } = scope;
    const { events, dropped } = await options.pipeline(batch, scope, how);
    const chain = scope.hookCounts.take();
    const sampled = how.traces?.sampled();
    const { project, clientUuids, historicalMigration: historical } = batch;
    const locations = [...scope.locations.values()];
    return [
      ...deliverMessages(
        {
          id,
          project,
          events,
          clientUuids,
          historical,
          locations,
          dropped,
          chain,
          generation: scope.generation,
          ...(sampled ? { sampled } : {}),
        },
        options.maxMessageBytes,
        tellUnwritable(project, options.onFault),
      ),
      ...(events.length === 0 ? account(batch, dropped, chain, scope) : []),
    ];
  }

  /** Apps dropped everything, so that no delivery will account for it. */
  function account(
    { project, events }: CapturedBatch,
    dropped: ReadonlyMap<string, number>,
    chain: Counts,
    scope: Scope,
  ): OutgoingMessage[] {
    const atMs = options.now().getTime();
    const counts = {
      ...countsOfAccepted(events.length, atMs),
      ...countsOfDropped(Object.fromEntries(dropped)),
      ...chain,
    };
    if (!options.exactDrops) {
      options.tally(project, counts, scope.background);
      return [];
    }
    const { id } = scope;
    return [
      outgoing("account", { id, project, of: { route: "account", id }, atMs, steps: { chain: counts } }),
    ];
  }

  return {
    async client(batch, scope) {
      const traces = stories.trace(batch);
      const messages = await process(batch, scope, { traces });
      await options.queue.publish([...messages, ...(await options.leftovers(scope))]);
      if (traces) stories.keep(batch.project, traces, scope);
    },

    async apps(message, scope) {
      const batch = toBatch(message);
      const traces = stories.trace(batch);
      // Markers of these were set by this gateway and are believed.
      const messages = await process(batch, scope, { traces, trustMarkers: true });
      if (traces) stories.keep(batch.project, traces, scope);
      return messages;
    },
  };
}

/** Its app cannot be told for certain, since it shows only now: all that had the event are named. An event is told once. */
function tellUnwritable(project: string, onFault: (message: string) => void): OnUnwritable {
  const told = new Set<unknown>();
  return (written, why) => {
    const { uuid, event, properties = {} } = written as Partial<ProcessedEvent>;
    if (told.has(uuid)) return;
    told.add(uuid);
    const apps = ["$plugins_succeeded", "$plugins_failed"].flatMap((marker) => properties[marker] ?? []);
    onFault(
      `event ${event} (${uuid}) of ${project} holds what JSON cannot, which is left out or made text. ` +
        `One of these apps put it there: ${apps.join(", ")}. ${String(why).slice(0, MAX_REASON_CHARACTERS)}`,
    );
  };
}

function toBatch({ project, events, at }: CaptureMessage): CapturedBatch {
  const teamId = teamIdOf(project);
  return {
    project,
    historicalMigration: false,
    clientUuids: new Set(),
    events: events.map((event): PluginEvent => ({
      ...event,
      now: at,
      ip: null,
      site_url: "",
      team_id: teamId,
    })),
  };
}
