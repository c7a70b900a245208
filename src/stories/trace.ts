import { summariseThrown } from "../apps/describe-thrown.ts";
import type { Instance } from "../apps/instance.ts";
import type { CapturedBatch } from "../event.ts";
import type { Mask } from "../logs/mask.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Sampled, Story, StoryStep } from "./story.ts";

/** A story longer than this is kept without what was in its event. */
const MAX_STORY_CHARACTERS = 40_000;
const MAX_ERROR_CHARACTERS = 500;
const MAX_NAME_CHARACTERS = 200;

/** Follows one event through the chain. */
export interface EventTrace {
  /** An app has been over it: the event that it left, null when it dropped it, and what it failed with. */
  after(instance: Instance, left: object | null, failure?: { thrown: unknown }): void;
}

/** Follows the sampled events of a request; `position` is an event's among those of the request. */
export interface Traces {
  of(position: number): EventTrace | undefined;
  /** Notes in which form an event has left the chain. */
  leave(position: number, processed: { uuid: string }): void;
  /** What messages say of the sampled events that left the chain. */
  sampled(): Sampled;
  stories(): Story[];
}

/** Begins to follow the first `count` events of a batch, before the chain changes them. Costs a copy of each as JSON, and one after each app. */
export function traceEvents(
  { project, events }: CapturedBatch,
  count: number,
  { snapshot, mask }: { snapshot: Snapshot; mask: Mask },
): Traces {
  const atMs = Date.parse(events[0]?.now ?? "");
  const traced = events.slice(0, count).map((event) => {
    const received = snapshot(event);
    const steps: Traced["steps"] = [];
    let last = received;
    return {
      id: event.uuid,
      received,
      steps,
      sent: undefined as string | undefined,
      after(instance: Instance, left: object | null, failure?: { thrown: unknown }) {
        const named = { plugin: instance.definition.plugin, app: instance.label };
        if (left === null) {
          steps.push({ ...named, outcome: "dropped" });
          return;
        }
        const text = snapshot(left);
        const change = text === last ? {} : { text };
        last = text;
        if (failure) {
          const error = mask(summariseThrown(failure.thrown), MAX_ERROR_CHARACTERS);
          steps.push({ ...named, outcome: "failed", error, ...change });
        } else steps.push({ ...named, outcome: "text" in change ? "changed" : "unchanged", ...change });
      },
    };
  });

  return {
    of: (position) => traced[position],

    leave(position, processed) {
      const trace = traced[position];
      if (!trace) return;
      trace.id = processed.uuid;
      trace.sent = snapshot(processed);
    },

    sampled: () => ({ atMs, ids: traced.flatMap(({ id, sent }) => (sent === undefined ? [] : [id])) }),

    stories: () => traced.map((trace) => tell(trace, project, atMs)),
  };
}

/** One event on its way, each form of it as JSON. */
interface Traced {
  id: string;
  received: string;
  steps: (Omit<StoryStep, "after"> & { text?: string })[];
  sent: string | undefined;
}

function tell({ id, received, steps, sent }: Traced, project: string, atMs: number): Story {
  const content = JSON.parse(received) as { event?: unknown; distinct_id?: unknown };
  const length = steps.reduce((sum, { text = "" }) => sum + text.length, received.length);
  const isCut = length + (sent?.length ?? 0) > MAX_STORY_CHARACTERS;
  const story: Story = {
    id,
    project,
    at: new Date(atMs).toISOString(),
    event: String(content.event).slice(0, MAX_NAME_CHARACTERS),
    distinct_id: String(content.distinct_id).slice(0, MAX_NAME_CHARACTERS),
    steps: steps.map(({ text, ...step }) =>
      text === undefined || isCut ? step : { ...step, after: JSON.parse(text) as unknown },
    ),
  };
  if (isCut) story.cut = true;
  else story.received = content;
  // Without its content, it still shows that the event left the chain.
  if (sent !== undefined) story.sent = isCut ? null : (JSON.parse(sent) as unknown);
  return story;
}
