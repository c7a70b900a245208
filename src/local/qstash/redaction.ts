import { createHash } from "node:crypto";
import { ApiError } from "./api-error.ts";
import type { Redaction } from "./message.ts";

/**
 * Reads `Upstash-Redact-Fields`, such as `body,header[Authorization]`. All headers are `header` from the SDK and
 * `headers` in the documentation. Throws an ApiError (400) for any other field.
 */
export function parseRedaction(text: string | undefined): Redaction | undefined {
  if (text === undefined) return undefined;
  const fields = text.split(",").map((field) => field.trim());
  const named: string[] = [];
  for (const field of fields) {
    const [, name] = /^headers?\[([^\]]+)\]$/.exec(field) ?? [];
    if (name !== undefined) named.push(name.toLowerCase());
    else if (!/^(body|headers?)$/.test(field)) {
      throw new ApiError(
        400,
        `invalid Upstash-Redact-Fields: "${field}" is not body, headers or header[name].`,
      );
    }
  }
  const all = fields.some((field) => /^headers?$/.test(field));
  return { body: fields.includes("body"), headers: all ? "all" : named };
}

/** What stands in the API's answers for a value that is not to be seen. */
export function redacted(value: string | Uint8Array): string {
  return `REDACTED:${createHash("sha256").update(value).digest("hex")}`;
}

/** Whether the value of this header is not to be seen. */
export function hidesHeader(redact: Redaction | undefined, name: string): boolean {
  return redact !== undefined && (redact.headers === "all" || redact.headers.includes(name.toLowerCase()));
}
