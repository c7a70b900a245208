import { Buffer } from "node:buffer";

/**
 * Takes secrets out of a text. With `maxCharacters` the result is that much of the text and no more, and a secret across
 * the cut is taken out whole.
 */
export type Mask = (text: string, maxCharacters?: number) => string;

/** What stands where a secret stood. */
export const MASKED = "[secret]";

/** Shorter values would turn up in the middle of ordinary words; nothing is hidden by hiding them. */
const MIN_SECRET_CHARACTERS = 4;

/** Switches are often read from settings, and these words are everywhere. */
const ORDINARY = new Set(["true", "false"]);

/**
 * Compiles a mask for secrets as they are, escaped in JSON (twice, for JSON within JSON), in URLs and forms, and in
 * base64, whatever stands before them there. A text is searched once for each of these forms, at the speed of `indexOf`.
 */
export function createMask(secrets: Iterable<string>): Mask {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < MIN_SECRET_CHARACTERS || ORDINARY.has(secret)) continue;
    for (const form of formsOf(secret)) {
      if (form.length >= MIN_SECRET_CHARACTERS) forms.add(form);
    }
  }
  const longest = Math.max(0, ...[...forms].map(({ length }) => length));

  return (text, maxCharacters = text.length) => {
    const searched = text.slice(0, maxCharacters + longest);
    const found: [start: number, end: number][] = [];
    for (const form of forms) {
      // One character on, not one form: a secret may overlap itself.
      for (let at = searched.indexOf(form); at !== -1; at = searched.indexOf(form, at + 1)) {
        if (at >= maxCharacters) break;
        found.push([at, at + form.length]);
      }
    }
    return found.length === 0 ? text.slice(0, maxCharacters) : cover(searched, found, maxCharacters);
  };
}

/** Replaces the places found, those that overlap by one mask. */
function cover(text: string, found: [start: number, end: number][], maxCharacters: number): string {
  let covered = "";
  let done = 0;
  for (const [start, end] of found.toSorted(([a], [b]) => a - b)) {
    if (start >= done) covered += text.slice(done, start) + MASKED;
    done = Math.max(done, end);
  }
  return covered + text.slice(done, Math.max(done, maxCharacters));
}

function formsOf(secret: string): string[] {
  const escaped = escapeJson(secret);
  // URLs know no lone surrogates.
  const wellFormed = secret.toWellFormed();
  const base64 = [0, 1, 2].map((before) => base64Of(secret, before));
  return [
    secret,
    escaped,
    escapeJson(escaped),
    encodeURIComponent(wellFormed),
    new URLSearchParams([["", wellFormed]]).toString().slice("=".length),
    ...base64,
    ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
  ];
}

function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** The characters of base64 that depend on the secret alone, when so many bytes (modulo 3) stand before it. */
function base64Of(secret: string, bytesBefore: number): string {
  const bytes = Buffer.from(secret);
  const text = Buffer.concat([Buffer.alloc(bytesBefore), bytes]).toString("base64");
  return text.slice(Math.ceil((bytesBefore * 8) / 6), Math.floor(((bytesBefore + bytes.length) * 8) / 6));
}
