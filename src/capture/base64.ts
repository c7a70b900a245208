import { Buffer } from "node:buffer";

/** As much as PostHog looks at: enough to tell base64 from JSON and from prose. */
const SNIFFED_CHARACTERS = 128;
/** Both alphabets, line breaks, and blanks, which are `+` that form decoding ate. Shorter than any event: `null`, `5`. */
const BASE64 = /^[\w+/\s-]{16,}[=\s]*$/;

/** Whether the beginning of `text` is base64; the padding may be missing. JSON objects and lists never are. */
export function looksLikeBase64(text: string): boolean {
  return BASE64.test(text.slice(0, SNIFFED_CHARACTERS));
}

/** Decodes either alphabet; what is foreign to both is skipped, and then fails as JSON. */
export function decodeBase64(text: string): Uint8Array {
  return Buffer.from(restorePlus(text), "base64");
}

/** Undoes what form decoding does to the `+` of unescaped base64. */
export function restorePlus(text: string): string {
  return text.includes(" ") ? text.replaceAll(" ", "+") : text;
}
