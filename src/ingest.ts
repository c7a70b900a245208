import type { Scope } from "./apps/scope.ts";
import type { CaptureMessage } from "./delivery/message.ts";
import { deliverMessages } from "./delivery/publish.ts";
import type { OutgoingMessage, Queue } from "./delivery/queue.ts";
import type { CapturedBatch, PluginEvent } from "./event.ts";
import type { Pipeline } from "./pipeline/index.ts";
import { teamIdOf } from "./team.ts";

/** The way of events from capture, or from an app, to the queue. Resolves when they are durable. */
export interface Ingest {
  /** A client's events. Rejects with `QueueUnavailable`: nothing may be acknowledged then. */
  client(batch: CapturedBatch, scope: Scope): Promise<void>;
  /** Events that apps captured, back at the start of the chain. Rejects likewise. */
  apps(message: CaptureMessage, scope: Scope): Promise<void>;
}

export function createIngest(options: {
  pipeline: Pipeline;
  queue: Queue;
  maxMessageBytes: number;
  /** Messages for what apps left behind. */
  leftovers: (scope: Scope) => Promise<OutgoingMessage[]>;
  uuid: () => string;
}): Ingest {
  async function run(id: string, batch: CapturedBatch, scope: Scope, trustMarkers?: boolean): Promise<void> {
    const { events } = await options.pipeline(
      batch,
      scope,
      trustMarkers === undefined ? {} : { trustMarkers },
    );
    const { project, historicalMigration: historical } = batch;
    await options.queue.publish([
      ...deliverMessages(
        {
          id,
          project,
          events,
          historical,
          locations: [...scope.locations.values()],
          generation: scope.generation,
        },
        options.maxMessageBytes,
      ),
      ...(await options.leftovers(scope)),
    ]);
  }

  return {
    client: (batch, scope) => run(batch.requestId ?? options.uuid(), batch, scope),

    // The message's id makes a second offer of it harmless; its markers were set by this gateway and are believed.
    apps: (message, scope) => run(message.id, toBatch(message), scope, true),
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
