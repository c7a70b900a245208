import type { Counts } from "../../accounts/counts.ts";
import type { Gate } from "../breaker/gate.ts";
import type { Health } from "../breaker/health.ts";
import type { Burial } from "../follow-up.ts";
import type { OutgoingMessage } from "../queue.ts";
import { LEASE_MS } from "./begin.ts";
import type { DoneSteps, Recording } from "./record.ts";

/**
 * A step that is done while others still run is recorded after this, with all that are done by then: fast deliveries pay
 * for no extra request, and a crash in a slow one repeats what was under way and the last half second.
 */
const RECORD_DELAY_MS = 500;

/** What follows from most deliveries that anything follows from: the message that flushes a buffer, a job. */
const SMALL_OUTBOX_CHARACTERS = 4000;

/** What a step came to. */
export interface StepResult {
  /** Messages that must be published before the step counts as done. */
  outgoing: readonly OutgoingMessage[];
  /** Dead letters that are written with the record that it is done. */
  burials?: readonly Burial[];
  counts: Counts;
}

/** One delivery of a message by QStash, from its begin to its answer. */
export interface Run {
  /** Positions of events that were accepted before. */
  readonly duplicates: ReadonlySet<number>;
  /** What remains to be published of a message whose work an earlier run has done; null = there is work to do. */
  readonly outbox: readonly OutgoingMessage[] | null;
  /** Whether events may be taken to a destination, by `destinationName`. */
  gate(destination: string): Gate;
  /** Notes how a destination did, for what is recorded next. That one does well is news only after it did not. */
  observe(destination: string, health: Health): void;
  /**
   * Does a step of the message's work, unless an earlier run has. Rejects as `work` does. A step whose `mayRecord` is false
   * when it ends is recorded at the end only: its app left something that is published then.
   */
  step(name: string, work: () => Promise<StepResult>, mayRecord?: () => boolean): Promise<void>;
  /**
   * Records all steps as done, and publishes what follows from them, and `more`. What follows is recorded before it is
   * published: whatever fails or ends in between, the next run does no work twice, and publishes the same. Rejects when
   * QStash refuses.
   */
  finish(more: readonly OutgoingMessage[]): Promise<void>;
  /** Lets another run go on with the message, from the steps done so far. Never rejects. */
  giveUp(): Promise<void>;
}

/** A recording as a run says it: whose it is, is known. */
export type RunRecording = Omit<Recording, "route" | "id" | "project" | "owner" | "observed"> & {
  observed: Readonly<Record<string, Health>>;
};

export function createRun(options: {
  duplicates: ReadonlySet<number>;
  gate: (destination: string) => Gate;
  /** Whether a destination has failed lately. */
  hasFailed: (destination: string) => boolean;
  /** Steps that earlier runs did. */
  done: readonly string[];
  outbox: readonly OutgoingMessage[] | null;
  publish: (messages: readonly OutgoingMessage[]) => Promise<void>;
  /** Null while Redis is away. */
  record: ((recording: RunRecording) => Promise<void>) | null;
  /** Has the queue bring back what Redis did not take. */
  recordLater: (steps: DoneSteps) => Promise<void>;
  nowMs: () => number;
  onFault: (what: string) => void;
}): Run {
  const { nowMs } = options;
  const record = options.record && recordWithHealth(options.record);
  let observed: Record<string, Health> = {};
  const behind = new Set(options.done);
  const finished = new Map<string, StepResult & { mayRecord?: (() => boolean) | undefined }>();
  let isPlain = behind.size === 0 && options.outbox === null;
  let running = 0;
  let ended = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let saving: Promise<void> = Promise.resolve();
  const renewal = record && setInterval(save, LEASE_MS / 3);

  /** What was seen of destinations goes with the first recording that Redis takes. */
  function recordWithHealth(recordAll: (recording: RunRecording) => Promise<void>) {
    return async (recording: Omit<RunRecording, "observed">) => {
      const said = observed;
      observed = {};
      try {
        await recordAll({ ...recording, observed: said });
      } catch (error) {
        observed = { ...said, ...observed };
        throw error;
      }
    };
  }

  /** What is recorded of steps: what they count, and what they ended with. */
  function recordingOf(names: Iterable<string>): Pick<RunRecording, "atMs" | "steps" | "letters"> {
    const steps = [...names].map((name) => [name, finished.get(name)] as const);
    return {
      atMs: nowMs(),
      steps: Object.fromEntries(steps.map(([name, step]) => [name, step?.counts ?? {}])),
      letters: steps.flatMap(([, step]) => (step?.burials ?? []).map(({ letter }) => letter)),
    };
  }

  /** Names of finished steps after which nothing remains to be published. */
  function settled(): string[] {
    return [...finished]
      .filter(([, { outgoing, mayRecord }]) => outgoing.length === 0 && (mayRecord?.() ?? true))
      .map(([name]) => name);
  }

  /** Records the steps that are settled, and renews the lease. */
  function save(): void {
    saving = saving.then(async () => {
      if (!record || ended) return;
      const names = settled();
      try {
        await record({ ...recordingOf(names), message: "held", untilMs: nowMs() + LEASE_MS });
        for (const name of names) finished.delete(name);
      } catch {
        // They stay among the finished, for the end of the run to record; `record` has said so.
      }
    });
  }

  async function end(): Promise<void> {
    ended = true;
    clearTimeout(timer);
    if (renewal) clearInterval(renewal);
    await saving;
  }

  /** Records the message as done. Resolves to whether Redis took that. */
  async function recordDone(): Promise<boolean> {
    try {
      await record?.({ ...recordingOf(finished.keys()), message: "done", isPlain });
      return record !== null;
    } catch {
      return false;
    }
  }

  /**
   * Has what Redis did not take brought back by the queue: what counts, and dead letters first. Rejects when nothing takes
   * these; all else is done and published, and QStash is told so whether or not it could be written down.
   */
  async function recordByMessage(): Promise<void> {
    const burials = takeBurials();
    if (burials.length > 0) await options.publish(burials);
    const { steps } = recordingOf(finished.keys());
    if (Object.values(steps).every((counts) => Object.keys(counts).length === 0)) return;
    await options
      .recordLater(steps)
      .catch((error: Error) => options.onFault(`was done, and is not counted: ${error.message}`));
  }

  /** Takes the dead letters out of the steps, as messages. */
  function takeBurials(): OutgoingMessage[] {
    const messages: OutgoingMessage[] = [];
    for (const [name, { burials = [], ...step }] of finished) {
      messages.push(...burials.map(({ message }) => message()));
      finished.set(name, step);
    }
    if (messages.length > 0)
      options.onFault(`${messages.length} dead letters wait in the queue, Redis did not take them`);
    return messages;
  }

  /** Lets another run have the message, with these steps behind it. Rejects when Redis does not take that. */
  async function release(names: readonly string[], outbox?: string): Promise<void> {
    if (!record) throw new Error("Redis was away when the message began");
    await record({ ...recordingOf(names), message: "free", ...(outbox === undefined ? {} : { outbox }) });
    for (const name of names) finished.delete(name);
  }

  async function keep(outbox: string): Promise<boolean> {
    isPlain = false;
    try {
      await release([...finished.keys()], outbox);
      return true;
    } catch {
      // Then what follows is published first, and recorded after that.
      return false;
    }
  }

  return {
    duplicates: options.duplicates,
    outbox: options.outbox,
    gate: options.gate,

    observe(destination, health) {
      if (health.is !== "up" || options.hasFailed(destination)) observed[destination] = health;
    },

    async step(name, work, mayRecord) {
      isPlain = false;
      if (behind.has(name)) return;
      running += 1;
      try {
        finished.set(name, { ...(await work()), mayRecord });
      } finally {
        running -= 1;
      }
      if (running > 0 && record) timer ??= setTimeout(() => ((timer = undefined), save()), RECORD_DELAY_MS);
    },

    async finish(more) {
      await end();
      const outgoing = [...[...finished.values()].flatMap((step) => step.outgoing), ...more];
      if (outgoing.length === 0) return (await recordDone()) ? undefined : recordByMessage();
      const outbox = options.outbox ? null : JSON.stringify(outgoing);
      const isKept = outbox === null || (await keep(outbox));
      try {
        await options.publish(isKept ? outgoing : [...outgoing, ...takeBurials()]);
      } catch (error) {
        if (!isKept)
          options.onFault("what follows from it is neither published nor kept: its work will be done again");
        throw error;
      }
      // A small outbox may stay for its time: whoever publishes it again says nothing new.
      if (isKept && outbox !== null && outbox.length <= SMALL_OUTBOX_CHARACTERS) return;
      if (!(await recordDone())) await recordByMessage();
    },

    async giveUp() {
      if (ended) return;
      await end();
      // Without this the lease ends by itself.
      await release(settled()).catch(() => {});
    },
  };
}
