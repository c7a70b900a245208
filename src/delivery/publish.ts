import type { AppEvents } from "../apps/scope.ts";
import type { ProcessedEvent } from "../pipeline/index.ts";
import { type CaptureMessage, type DeliverMessage, encodeMessage, MESSAGE_VERSION } from "./message.ts";
import { fitsInto, type OutgoingMessage } from "./queue.ts";

/** The events of one piece of work that go on to the destinations. */
export interface Surviving {
  /** Identity of the work: published again under the same id within 10 minutes, its events are delivered once. */
  id: string;
  project: string;
  events: readonly ProcessedEvent[];
  historical: boolean;
}

/** Builds the messages that bring events to the destinations: as few as the limit allows. */
export function deliverMessages(
  { id, project, events, historical }: Surviving,
  maxMessageBytes: number,
): OutgoingMessage[] {
  return splitToFit(events, id, maxMessageBytes, (part, partId) => {
    const message: DeliverMessage = { v: MESSAGE_VERSION, id: partId, project, events: [...part] };
    if (historical) message.historical = true;
    return { route: "deliver", body: encodeMessage(message), deduplicationId: partId };
  });
}

/** Builds the messages that bring what apps captured back to the start of the chain. */
export function captureMessages(
  captured: readonly AppEvents[],
  options: { maxMessageBytes: number; uuid: () => string; now: () => Date },
): OutgoingMessage[] {
  const at = options.now().toISOString();
  return captured.flatMap(({ project, generation, events }) =>
    splitToFit(events, options.uuid(), options.maxMessageBytes, (part, id) => {
      const message: CaptureMessage = { v: MESSAGE_VERSION, id, project, generation, at, events: [...part] };
      return { route: "capture", body: encodeMessage(message) };
    }),
  );
}

/** Halves the events until each message fits; a single event that does not is left to travel by reference. */
function splitToFit<Event>(
  events: readonly Event[],
  id: string,
  maxMessageBytes: number,
  build: (part: readonly Event[], id: string) => OutgoingMessage,
): OutgoingMessage[] {
  if (events.length === 0) return [];
  const message = build(events, id);
  if (events.length === 1 || fitsInto(maxMessageBytes, message.body)) return [message];
  const half = Math.ceil(events.length / 2);
  return [
    ...splitToFit(events.slice(0, half), `${id}.0`, maxMessageBytes, build),
    ...splitToFit(events.slice(half), `${id}.1`, maxMessageBytes, build),
  ];
}
