import { describeStoreError, type Store, type StorePipeline, type StoreReply } from "../../store.ts";

/** Most commands that leave in one request to Redis, so that one reply stays small. */
const MAX_COMMANDS_PER_PIPELINE = 1000;

/** A command that carries more goes alone: Redis may refuse it for its size, and with it the pipeline that it is in. */
const MAX_SHARED_CHARACTERS = 100_000;

/** Adds one command to a pipeline. */
export type AddCommand = (pipeline: StorePipeline) => unknown;

/** Collects Redis commands and sends those of one turn together. */
export interface CommandBatch {
  /**
   * Resolves with the command's reply; rejects with Redis' error text. Commands run in the order of the calls.
   * `characters` is the size of what the command carries, where that may be large.
   */
  run(add: AddCommand, characters?: number): Promise<unknown>;
}

interface Waiting {
  goesAlone: boolean;
  add: AddCommand;
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
}

/**
 * All commands that are asked for before the event loop turns, by whatever event and app, leave as one explicit
 * pipeline in call order (decisions 18b): 50 events that each read one key cost one request.
 */
export function createCommandBatch(options: {
  store: Store;
  /** Called for every request to Redis, since the platform counts them. */
  onRequest: () => void;
  /** Keeps the platform alive until commands that nobody awaits have been sent. */
  background: (promise: Promise<unknown>) => void;
}): CommandBatch {
  let waiting: Waiting[] = [];
  let sending: Promise<void> = Promise.resolve();

  async function send(commands: readonly Waiting[]): Promise<void> {
    const pipeline = options.store.pipeline();
    for (const command of commands) command.add(pipeline);
    options.onRequest();
    try {
      const replies: StoreReply[] = await pipeline.exec({ keepErrors: true });
      commands.forEach((command, index) => {
        const reply = replies[index];
        if (reply && !reply.error) command.resolve(reply.result);
        else command.reject(new Error(reply?.error ?? "Redis did not answer this command"));
      });
    } catch (error) {
      const failure = new Error(`Redis could not be reached: ${describeStoreError(error)}`);
      for (const command of commands) command.reject(failure);
    }
  }

  async function flushAfterThisTurn(): Promise<void> {
    // A timer, not a microtask: events that await something short still join their turn.
    await new Promise((resolve) => setTimeout(resolve, 0));
    const commands = waiting;
    waiting = [];
    for (const part of inParts(commands)) {
      // One after the other: a later turn's read must see an earlier turn's write.
      sending = sending.then(() => send(part));
    }
    await sending;
  }

  return {
    run: (add, characters = 0) =>
      new Promise((resolve, reject) => {
        if (waiting.length === 0) options.background(flushAfterThisTurn());
        waiting.push({ add, resolve, reject, goesAlone: characters > MAX_SHARED_CHARACTERS });
      }),
  };
}

/** Cuts commands into pipelines, in order. */
function inParts(commands: readonly Waiting[]): Waiting[][] {
  const parts: Waiting[][] = [];
  let open: Waiting[] = [];
  for (const command of commands) {
    if (open.length === 0 || command.goesAlone || open.length === MAX_COMMANDS_PER_PIPELINE) {
      open = [];
      parts.push(open);
    }
    open.push(command);
    if (command.goesAlone) open = [];
  }
  return parts;
}
