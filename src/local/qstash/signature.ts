import { createHash, createHmac } from "node:crypto";

/** A signature is made for every attempt, so it need not outlive one (QStash: "5 minutes"). */
const LIFETIME_SECONDS = 5 * 60;

/**
 * Makes the `Upstash-Signature` of one attempt: a JWT (HS256) whose claims bind it to the destination and the body, as
 * `Receiver` of @upstash/qstash checks it. `nbf` is 0 so that a receiver's slow clock does not refuse it (QStash,
 * changelog of September 2024).
 */
export function sign(options: {
  key: string;
  /** The destination as it was published. */
  url: string;
  body: Uint8Array;
  now: number;
  tokenId: string;
}): string {
  const issuedAt = Math.floor(options.now / 1000);
  const header = encode({ alg: "HS256", typ: "JWT" });
  const claims = encode({
    iss: "Upstash",
    sub: options.url,
    exp: issuedAt + LIFETIME_SECONDS,
    nbf: 0,
    iat: issuedAt,
    jti: `jwt_${options.tokenId}`,
    body: createHash("sha256").update(options.body).digest("base64url"),
  });
  const signature = createHmac("sha256", options.key).update(`${header}.${claims}`).digest("base64url");
  return `${header}.${claims}.${signature}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
