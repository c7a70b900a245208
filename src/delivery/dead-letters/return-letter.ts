import { countsAt } from "../../accounts/counts.ts";
import type { Scope } from "../../apps/scope.ts";
import type { ProcessedEvent } from "../../pipeline/index.ts";
import type { Store } from "../../store.ts";
import type { NoteHealth } from "../breaker/drain.ts";
import { destinationName } from "../breaker/health.ts";
import type { Buffers } from "../buffers/index.ts";
import { bufferName } from "../exports/buffer.ts";
import { withNotes } from "../exports/notes.ts";
import { packEvent } from "../exports/packed-event.ts";
import type { Taken } from "../follow-up.ts";
import type { RunJob } from "../hooks/job.ts";
import {
  type BufferMessage,
  type Destination,
  type JobHook,
  type JobMessage,
  type LetterMessage,
  MESSAGE_VERSION,
  type RetryMessage,
  type StoredObject,
} from "../message.ts";
import type { ProcessedPluginEvent } from "../plugin-event.ts";
import type { Run, StepResult } from "../progress/run.ts";
import type { Retry } from "../retry.ts";
import { weightOf } from "./letter.ts";
import { restoreTaken, takeLetter, type TakenLetter } from "./take.ts";

/** The `letter` route: takes one dead letter, and brings what is in it to the destination that failed, and to no other. */
export type ReturnLetter = (message: LetterMessage, scope: Scope, run: Run) => Promise<void>;

/**
 * It is tried as for the first time, with a fresh schedule; what fails again becomes new letters. The letter is taken in the
 * message's name, so that it is off the lists, and lost to no crash. Its events set out anew, so they count as routed once
 * more, and for information as replayed.
 */
export function createReturnLetter(options: {
  store: Store;
  retry: Retry;
  runJob: RunJob;
  buffers: Buffers;
  noteHealth: NoteHealth;
  now: () => Date;
}): ReturnLetter {
  const { store } = options;
  const nowMs = () => options.now().getTime();

  /** Puts the batch of a letter where it was, unless an earlier run has. */
  async function restore(letter: TakenLetter, plugin: string, batch: string, items: () => string[]) {
    if (letter.restored !== undefined) return;
    await restoreTaken(store, letter, { project: letter.project, plugin, batch }, items(), nowMs());
  }

  async function toBuffer(
    letter: TakenLetter,
    buffer: number,
    id: string,
    scope: Scope,
  ): Promise<StepResult> {
    const { project, plugin = "", locations } = letter;
    await restore(letter, bufferName(plugin, buffer), id, () =>
      letter.events.map((object, index) => {
        const points = letter.points?.[index] ?? 1;
        const stored: StoredObject = { points, object };
        return JSON.stringify(index === 0 && locations ? { ...stored, locations } : stored);
      }),
    );
    const work = { batch: id, attempt: 0 };
    const { generation } = scope;
    const message: BufferMessage = {
      v: MESSAGE_VERSION,
      id,
      project,
      plugin,
      buffer,
      firstAt: nowMs(),
      generation,
      work,
    };
    return { outgoing: await options.buffers.work(message, scope), counts: {} };
  }

  async function toJob(letter: TakenLetter, job: string, id: string, scope: Scope): Promise<Taken> {
    const { project, plugin = "", locations, generation = 0, replays = 0 } = letter;
    const message: JobMessage = {
      v: MESSAGE_VERSION,
      id,
      project,
      plugin,
      job,
      dueAtMs: nowMs(),
      generation,
    };
    return options.runJob(
      {
        ...message,
        replays: replays + 1,
        ...(locations ? { locations: [...locations] } : {}),
        ...("payload" in letter ? { payload: letter.payload } : {}),
      },
      scope,
    );
  }

  async function toDestination(letter: TakenLetter, id: string, scope: Scope, run: Run): Promise<Taken> {
    const { project, plugin, hook, historical, locations, generation, sampled, replays = 0 } = letter;
    const destination = (plugin === undefined ? { hook } : { plugin, hook }) as Destination;
    const again: Omit<RetryMessage, "events"> = {
      v: MESSAGE_VERSION,
      id,
      project,
      destination,
      attempt: 0,
      firstAt: nowMs(),
      replays: replays + 1,
      ...(historical ? { historical } : {}),
      ...(locations ? { locations: [...locations] } : {}),
      ...(generation ? { generation } : {}),
      ...(sampled ? { sampled } : {}),
    };
    const gate = run.gate(destinationName(destination));
    if (!letter.batch || plugin === undefined) {
      const events = letter.events as ProcessedEvent[];
      const from = hook === "exportEvents" ? { from: { route: "letter" as const, id } } : {};
      return options.retry({ ...again, events, ...from }, scope, gate);
    }
    await restore(letter, plugin, id, () =>
      withNotes(letter.events as ProcessedPluginEvent[], { sampled }).map(
        (event) => packEvent(event, locations).json,
      ),
    );
    return options.retry({ ...again, events: [], batch: id }, scope, gate);
  }

  async function goOn(letter: TakenLetter, id: string, scope: Scope, run: Run): Promise<StepResult> {
    const { plugin, hook, buffer } = letter;
    const weight = letter.restored ?? weightOf(letter);
    if (buffer !== undefined) return toBuffer(letter, buffer, id, scope);
    const isJob = hook.startsWith("jobs.");
    const {
      outgoing,
      outcomes,
      health,
      burials = [],
    } = isJob
      ? await toJob(letter, hook.slice("jobs.".length), id, scope)
      : await toDestination(letter, id, scope, run);
    const where = (plugin === undefined ? { hook } : { plugin, hook }) as
      | Destination
      | { plugin: string; hook: JobHook };
    // A job that is put off counts as routed when it is run.
    const routed = isJob ? {} : { routed: weight };
    const drain = options.noteHealth(run, { id, project: letter.project, destination: where }, health);
    const counts = countsAt(where, { ...outcomes, ...routed, replayed: weight });
    return { outgoing: [...outgoing, ...drain], burials, counts: { ...counts, ...scope.hookCounts.take() } };
  }

  return ({ id, project, letter: letterId }, scope, run) =>
    run.step("letter", async () => {
      scope.subrequests += 1;
      const letter = await takeLetter(store, { project, id: letterId, by: id, nowMs: nowMs() });
      if (!letter) return { outgoing: [], counts: {} };
      for (const location of letter.locations ?? []) scope.locations.set(location.ip, location);
      scope.raiseGeneration(letter.generation ?? 0);
      return goOn(letter, id, scope, run);
    });
}
