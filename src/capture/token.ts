import { CaptureError } from "./errors.ts";

const MAX_TOKEN_LENGTH = 64;

/**
 * Checks the shape of a project API token and trims it. Whether the project is served is another question.
 * @throws CaptureError 401 with PostHog's reason tag (rust/capture token rules): `empty`, `not_ascii`, `too_long`,
 * `null_byte`, `personal_api_key`; and `not_a_string` of our own
 */
export function checkToken(token: unknown): string {
  if (typeof token !== "string") throw invalid("not_a_string");
  const trimmed = token.trim();
  if (trimmed === "") throw invalid("empty");
  if (trimmed.length > MAX_TOKEN_LENGTH) throw invalid("too_long");
  for (let i = 0; i < trimmed.length; i++) {
    const unit = trimmed.charCodeAt(i);
    // NULs of a request have become U+FFFD by now.
    if (unit === 0 || unit === 0xfffd) throw invalid("null_byte");
    if (unit > 0x7f) throw invalid("not_ascii");
  }
  if (trimmed.startsWith("phx_")) throw invalid("personal_api_key");
  return trimmed;
}

function invalid(reason: string): CaptureError {
  return new CaptureError(401, "invalid_api_key", `API key is not valid: ${reason}`);
}
