import { createHash, timingSafeEqual } from "node:crypto";

/**
 * Makes the check whether a request carries `token`, as `Authorization: Bearer <token>` or else as `?_token=<token>`.
 * Compares digests: equal in length and in constant time, so that a token cannot be guessed piece by piece.
 */
export function createTokenCheck(token: string): (request: Request) => boolean {
  const expected = digest(token);
  return (request) => {
    const bearer = /^Bearer\s+(.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    const presented = bearer ?? new URL(request.url).searchParams.get("_token") ?? "";
    return timingSafeEqual(digest(presented), expected);
  };
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
