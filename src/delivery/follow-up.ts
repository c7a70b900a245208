import type { DeadLetter, DeadLetters } from "./dead-letters.ts";
import { encodeMessage, MESSAGE_VERSION, type RetryMessage } from "./message.ts";
import type { OutgoingMessage } from "./queue.ts";

/** What one destination still has to get, and what has been tried so far. */
export type Remainder = Omit<RetryMessage, "v" | "id">;

/** What follows when a destination did not take its events. */
export interface FollowUp {
  /** A message that brings them there again. */
  again(remainder: Remainder, delaySeconds: number): OutgoingMessage;
  /** Keeps them for a person. The same id twice is one dead letter. Rejects when Redis did not take it. */
  bury(remainder: Remainder, id: string, error: string, events?: readonly object[]): Promise<void>;
}

export function createFollowUp(options: {
  deadLetters: DeadLetters;
  now: () => Date;
  uuid: () => string;
}): FollowUp {
  return {
    again(remainder, delaySeconds) {
      const message: RetryMessage = { v: MESSAGE_VERSION, id: options.uuid(), ...remainder };
      return { route: "retry", body: encodeMessage(message), delaySeconds };
    },

    bury({ project, destination, firstAt, attempt, events }, id, error, replaced = events) {
      const letter: DeadLetter = {
        id,
        project,
        hook: destination.hook,
        error,
        attempts: attempt,
        firstAt: new Date(firstAt).toISOString(),
        lastAt: options.now().toISOString(),
        events: replaced,
      };
      if ("plugin" in destination) letter.plugin = destination.plugin;
      return options.deadLetters.add(letter);
    },
  };
}
