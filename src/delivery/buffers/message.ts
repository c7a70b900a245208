import { type BufferMessage, encodeMessage, MESSAGE_VERSION } from "../message.ts";
import type { OutgoingMessage } from "../queue.ts";

/** Builds the message that has something done about a buffer, by whichever isolate it comes to. */
export function bufferMessage(content: Omit<BufferMessage, "v">, delaySeconds = 0): OutgoingMessage {
  return { route: "buffer", body: encodeMessage({ v: MESSAGE_VERSION, ...content }), delaySeconds };
}
