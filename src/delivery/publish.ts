import type { Counts } from "../accounts/counts.ts";
import type { ClientLocation } from "../event.ts";
import { MAX_EVENT_CHARACTERS, plainJson } from "../json.ts";
import type { AppEvents, Leftovers, ScheduledJob } from "../apps/leftovers.ts";
import type { SetupDue } from "../apps/state/due.ts";
import { deriveId } from "../derived-id.ts";
import type { ProcessedEvent } from "../pipeline/index.ts";
import type { Sampled } from "../stories/story.ts";
import { locationsIn } from "./locations.ts";
import {
  type CaptureMessage,
  type DeliverMessage,
  encodeMessage,
  type JobMessage,
  type MessageOf,
  MESSAGE_VERSION,
  type OnUnwritable,
  type Route,
} from "./message.ts";
import { markedOf } from "./progress/marks.ts";
import { fitsInto, type OutgoingMessage } from "./queue.ts";

/** A message of ours, ready to be published. */
export function outgoing<Name extends Route>(
  route: Name,
  message: Omit<MessageOf[Name], "v">,
  delaySeconds = 0,
  onUnwritable?: OnUnwritable,
): OutgoingMessage {
  const body = encodeMessage({ ...message, v: MESSAGE_VERSION } as MessageOf[Name], onUnwritable);
  return { route, id: message.id, body, ...(delaySeconds > 0 ? { delaySeconds } : {}) };
}

/** The events of one piece of work that go on to the destinations. */
export interface Surviving {
  /** Identity of the work: published again under the same id within 10 minutes, its events are delivered once. */
  id: string;
  project: string;
  events: readonly ProcessedEvent[];
  /** uuids that the client chose. */
  clientUuids: ReadonlySet<string>;
  historical: boolean;
  locations: readonly ClientLocation[];
  /** How many captures in a row led to these events; those of a client are generation 0. */
  generation: number;
  /** How many events each app dropped, by folder. */
  dropped: ReadonlyMap<string, number>;
  /** What else the chain counted, by field of the accounts. */
  chain: Counts;
  /** Which of them are followed. */
  sampled?: Sampled;
}

/** Builds the messages that bring events to the destinations: as few as the limit allows. */
export function deliverMessages(
  { id, project, events, clientUuids, historical, locations, dropped, chain, generation, sampled }: Surviving,
  maxMessageBytes: number,
  onUnwritable?: OnUnwritable,
): OutgoingMessage[] {
  return splitToFit(events, maxMessageBytes, (part) => {
    const partId = part.length === events.length ? id : partOf(id, part);
    const message: Omit<DeliverMessage, "v"> = { id: partId, project, events: [...part] };
    const marked = markedOf(part, clientUuids);
    if (marked) message.marked = marked;
    if (historical) message.historical = true;
    if (locations.length > 0) message.locations = [...locations];
    if (generation > 0) message.generation = generation;
    // The first message of a request accounts for what is in none of them.
    if (part[0] === events[0]) {
      if (dropped.size > 0) message.dropped = Object.fromEntries(dropped);
      if (Object.keys(chain).length > 0) message.chain = chain;
    }
    const followed = sampled?.ids.filter((uuid) => part.some((event) => event.uuid === uuid)) ?? [];
    if (sampled && followed.length > 0) message.sampled = { ...sampled, ids: followed };
    return outgoing("deliver", message, 0, onUnwritable);
  });
}

/**
 * uuids of the events in messages that were refused while others were accepted; undefined when anything but events was
 * among them, or when nothing of the request was accepted: then all of it has to come again.
 */
export function eventsOf(refused: readonly OutgoingMessage[] | undefined): ReadonlySet<string> | undefined {
  if (!refused?.every(({ route }) => route === "deliver")) return undefined;
  return new Set(
    refused.flatMap(({ body }) =>
      ((JSON.parse(body) as Partial<DeliverMessage>).events ?? []).map(({ uuid }) => uuid),
    ),
  );
}

interface PublishOptions {
  maxMessageBytes: number;
  now: () => Date;
}

/** Builds the messages for what apps left behind: what they captured, and their jobs. */
export function leftoverMessages(
  { captured, jobs, locations }: Leftovers,
  options: PublishOptions,
): OutgoingMessage[] {
  const nowMs = options.now().getTime();
  return [
    ...captureMessages(captured, locations, options),
    ...jobs.map((job) => {
      const mentioned = locationsIn(JSON.stringify(job.payload), locations.values());
      return jobMessage(mentioned.length > 0 ? { ...job, locations: mentioned } : job, nowMs);
    }),
  ];
}

/** A message may wait for a week on QStash's smallest plan; what is due later is put off again on the way. */
const MAX_DELAY_SECONDS = 6 * 24 * 60 * 60;

/** Builds the message that brings a job to its time, or part of the way there. */
export function jobMessage(job: ScheduledJob | Omit<JobMessage, "v">, nowMs: number): OutgoingMessage {
  const seconds = Math.ceil((job.dueAtMs - nowMs) / 1000);
  return outgoing("job", job, Math.min(MAX_DELAY_SECONDS, seconds));
}

/** Builds the message that goes on with a series of set-up attempts; the same one twice is delivered once. */
export function setupMessage({ delaySeconds, ...due }: SetupDue): OutgoingMessage {
  return outgoing("setup", due, delaySeconds);
}

/** Events that apps captured go back to the start of the chain. */
function captureMessages(
  captured: readonly AppEvents[],
  locations: Leftovers["locations"],
  options: PublishOptions,
): OutgoingMessage[] {
  const at = options.now().toISOString();
  return captured.flatMap(({ project, generation, events }) =>
    splitToFit(events, options.maxMessageBytes, (part) => {
      // Hooks that run at the same time leave their events in another order each time.
      const id = deriveId("capture", ...part.map(({ uuid }) => uuid).toSorted());
      const message: Omit<CaptureMessage, "v"> = { id, project, generation, at, events: [...part] };
      const built = outgoing("capture", message);
      const mentioned = locationsIn(built.body, locations.values());
      return mentioned.length > 0 ? outgoing("capture", { ...message, locations: mentioned }) : built;
    }),
  );
}

/**
 * The id of a part names its content and not its place: when apps decide differently about a request that is sent again,
 * a part that has other events in it must not pass for the one that QStash has already.
 */
function partOf(id: string, part: readonly ProcessedEvent[]): string {
  return deriveId(id, ...part.map(({ uuid }) => uuid));
}

/** Halves the events until each message fits; a single event that does not is left to travel by reference. */
function splitToFit<Event>(
  events: readonly Event[],
  maxMessageBytes: number,
  build: (part: readonly Event[]) => OutgoingMessage,
): OutgoingMessage[] {
  if (events.length === 0) return [];
  const message = build(events);
  if (events.length === 1) {
    // An app has blown it up: whole, it would take the others of its request down with it.
    const isBlownUp = message.body.length > MAX_EVENT_CHARACTERS;
    return [isBlownUp ? build(events.map((event) => plainJson(event) as Event)) : message];
  }
  if (fitsInto(maxMessageBytes, message.body)) return [message];
  const half = Math.ceil(events.length / 2);
  return [
    ...splitToFit(events.slice(0, half), maxMessageBytes, build),
    ...splitToFit(events.slice(half), maxMessageBytes, build),
  ];
}
