import { Receiver } from "@upstash/qstash";

/** Largest body that is read before its signature is known: QStash's largest message on pay-as-you-go plans. */
export const MAX_SIGNED_BYTES = 10_000_000;

/** Clocks of QStash and of a platform may differ by this much. */
const CLOCK_TOLERANCE_SECONDS = 5;

/** Answers whether a body really comes from QStash and was meant for this address. Never throws. */
export type Receive = (request: {
  signature: string | undefined;
  body: string;
  path: string;
}) => Promise<boolean>;

/**
 * Verifies by HMAC over the raw body and the public address, with the current and the next signing key, so that a
 * rotation loses no message.
 */
export function createReceiver(options: {
  currentSigningKey: string;
  nextSigningKey: string;
  publicUrl: string;
}): Receive {
  const receiver = new Receiver(options);
  return async ({ signature, body, path }) => {
    if (!signature) return false;
    try {
      return await receiver.verify({
        signature,
        body,
        url: `${options.publicUrl}${path}`,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
      });
    } catch {
      // Malformed, expired, or signed with another key: all of them are the same "no" to the caller.
      return false;
    }
  };
}
