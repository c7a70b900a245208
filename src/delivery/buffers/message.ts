import type { BufferMessage } from "../message.ts";
import { outgoing } from "../publish.ts";
import type { OutgoingMessage } from "../queue.ts";

/** Builds the message that has something done about a buffer, by whichever isolate it comes to. */
export function bufferMessage(content: Omit<BufferMessage, "v">, delaySeconds = 0): OutgoingMessage {
  return outgoing("buffer", content, delaySeconds);
}
