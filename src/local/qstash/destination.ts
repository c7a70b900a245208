import { ApiError } from "./api-error.ts";
import { resourceName } from "./name.ts";

export type Destination = { url: string } | { urlGroup: string };

/**
 * What stands behind `prefix` in a request's address, its query included, character for character: the address that is
 * signed and called must be the one that was published, so it is not decoded.
 */
export function rawDestination(requestUrl: string, prefix: string): string {
  const path = requestUrl.replace(/^https?:\/\/[^/]*/, "");
  return path.startsWith(prefix) ? path.slice(prefix.length) : "";
}

/**
 * Separates a raw destination from the parameters of its query that are meant for QStash: settings that came as
 * `upstash-*` parameters instead of headers, and the token.
 */
export function splitDestination(raw: string): { destination: string; settings: Headers } {
  const [base = "", ...queries] = raw.split("?");
  const settings = new Headers();
  const kept = queries
    .join("?")
    .split("&")
    .filter((parameter) => {
      const [name = "", value = ""] = parameter.split("=", 2).map(decode);
      if (/^upstash-[\w-]+$/i.test(name)) settings.append(name, value);
      return !/^(upstash-|qstash_token$)/i.test(name);
    })
    .join("&");
  return { destination: kept === "" ? base : `${base}?${kept}`, settings };
}

/** Tells an http(s) address from the name of a URL group. Throws an ApiError (400) for what is neither. */
export function parseDestination(text: string): Destination {
  if (/^https?:\/\//i.test(text)) return { url: httpUrl("destination url", text) };
  if (text === "" || !/^[\w.-]+$/.test(text)) {
    throw new ApiError(
      400,
      `invalid destination url: endpoint has invalid scheme: "${text}" must begin with http:// or https:// and must not be percent-encoded.`,
    );
  }
  return { urlGroup: resourceName("URL group", text) };
}

/** Returns `text` unchanged if it is an http(s) address, else throws an ApiError (400). */
export function httpUrl(kind: string, text: string): string {
  if (/^https?:\/\//i.test(text) && URL.canParse(text)) return text;
  throw new ApiError(400, `invalid ${kind}: "${text}" is not an http:// or https:// address.`);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    // A parameter of the destination's own that is not percent-encoded text: none of ours.
    return text;
  }
}
