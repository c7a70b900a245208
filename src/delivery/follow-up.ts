import type { ProcessedEvent } from "../pipeline/index.ts";
import type { DeadLetter, DeadLetters } from "./dead-letters.ts";
import { encodeMessage, MESSAGE_VERSION, type RetryMessage } from "./message.ts";
import type { OutgoingMessage } from "./queue.ts";

/** What one destination still has to get, and what has been tried so far. */
export type Remainder = Omit<RetryMessage, "v" | "id">;

/** What follows when a destination did not take its events. */
export interface FollowUp {
  /** A message that brings them there again. */
  again(remainder: Remainder, delaySeconds: number): OutgoingMessage;
  /**
   * Keeps them for a person; the same id twice is one dead letter. Resolves to nothing, or while Redis does not take it,
   * to a message that brings them here again. Never rejects.
   */
  bury(
    remainder: Remainder,
    id: string,
    error: string,
    events?: readonly ProcessedEvent[],
  ): Promise<OutgoingMessage[]>;
}

/** How long what Redis did not take waits in the queue. */
export const REDIS_RETRY_SECONDS = 30;

export function createFollowUp(options: {
  deadLetters: DeadLetters;
  now: () => Date;
  uuid: () => string;
}): FollowUp {
  function again(remainder: Remainder, delaySeconds: number): OutgoingMessage {
    const message: RetryMessage = { v: MESSAGE_VERSION, id: options.uuid(), ...remainder };
    return { route: "retry", body: encodeMessage(message), delaySeconds };
  }

  return {
    again,

    async bury(remainder, id, error, events = remainder.events) {
      const { project, destination, firstAt, attempt } = remainder;
      const letter: DeadLetter = {
        id,
        project,
        hook: destination.hook,
        error,
        attempts: attempt,
        firstAt: new Date(firstAt).toISOString(),
        lastAt: options.now().toISOString(),
        events,
      };
      if ("plugin" in destination) letter.plugin = destination.plugin;
      try {
        await options.deadLetters.add(letter);
        return [];
      } catch {
        // Redis is away: what it should keep waits in the queue, and no hook is run again for that.
        return [again({ ...remainder, events: [...events], verdict: { id, error } }, REDIS_RETRY_SECONDS)];
      }
    },
  };
}
