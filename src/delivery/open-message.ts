import type { Store } from "../store.ts";
import { MESSAGE_VERSION, type MessageOf, type ReferenceMessage, type Route } from "./message.ts";

export type OpenedMessage<Name extends Route> =
  /** `reference` names the key that holds the text of one that was too large for the queue. */
  | { state: "open"; message: MessageOf[Name]; reference: string | null }
  | { state: "malformed" }
  /** Redis has the text no more. */
  | { state: "gone"; reference: string };

/**
 * Reads the body of a message that QStash brought; one that travels by reference costs a Redis command. Throws for one of a
 * newer version of this gateway, and rejects when Redis does.
 */
export async function openMessage<Name extends Route>(
  body: string,
  store: Store,
): Promise<OpenedMessage<Name>> {
  const parsed = parse<Name>(body);
  if (!parsed) return { state: "malformed" };
  if (parsed.v > MESSAGE_VERSION) {
    throw new Error(`its version ${parsed.v} is newer than this deployment's ${MESSAGE_VERSION}`);
  }
  if (!("reference" in parsed)) return { state: "open", message: parsed, reference: null };
  const { reference } = parsed;
  const text = await store.get<string>(reference);
  if (text === null) return { state: "gone", reference };
  return { state: "open", message: JSON.parse(text) as MessageOf[Name], reference };
}

function parse<Name extends Route>(
  body: string,
): ((MessageOf[Name] | ReferenceMessage) & { v: number }) | null {
  try {
    const message = JSON.parse(body) as { v?: unknown } | null;
    return typeof message?.v === "number" ? (message as MessageOf[Name]) : null;
  } catch {
    return null;
  }
}
