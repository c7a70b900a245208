import { createHash } from "node:crypto";
import { readBody } from "../read-body.ts";
import type { ReadSignature } from "./signature.ts";

/** Largest body that is read: QStash's largest message on pay-as-you-go plans. */
const MAX_SIGNED_BYTES = 10_000_000;

/** The body of a request that QStash made, or the answer to any other: the same to all, so that nobody learns what was wrong. */
export type Received = { body: string } | typeof UNSIGNED | typeof TOO_LARGE;

const UNSIGNED = { status: 401, error: "not signed by QStash for this address" } as const;
const TOO_LARGE = { status: 413, error: `the body is above ${MAX_SIGNED_BYTES} bytes` } as const;

/**
 * Reads a request to one of the routes that QStash calls. What QStash has not signed is refused by its header alone: its body
 * is not read, however long it is, and Redis is not asked. Never rejects.
 */
export type Receive = (request: Request, path: string) => Promise<Received>;

export function createReceiver(readSignature: ReadSignature): Receive {
  return async (request, path) => {
    const digest = readSignature(request.headers.get("Upstash-Signature") ?? "", path);
    if (digest === null) return UNSIGNED;
    // A body that breaks off is not what was signed, and nobody is left to be told.
    const body = await readBody(request, MAX_SIGNED_BYTES).catch(() => new Uint8Array());
    if (body === null) return TOO_LARGE;
    // The bytes as they came: as text, other bytes would pass for the same.
    const isSigned = createHash("sha256").update(body).digest("base64url") === digest;
    return isSigned ? { body: new TextDecoder().decode(body) } : UNSIGNED;
  };
}
