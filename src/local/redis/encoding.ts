import type { Reply } from "./backend.ts";
import { RefusedError } from "./refused.ts";

export type Encoding = "json" | "base64" | "resp2";

/** Reads how the caller wants replies (`Upstash-Encoding`, `Upstash-Response-Format`). Throws RefusedError on a contradiction. */
export function readEncoding(headers: Headers): Encoding {
  const format = headers.get("upstash-response-format") ?? "json";
  const base64 = headers.get("upstash-encoding") === "base64";
  if (format !== "json" && format !== "resp2") {
    throw new RefusedError(
      `ERR Upstash-Response-Format must be json or resp2, not ${JSON.stringify(format)}`,
    );
  }
  if (format === "json") return base64 ? "base64" : "json";
  if (base64)
    throw new RefusedError(
      "ERR Upstash-Encoding: base64 cannot be combined with Upstash-Response-Format: resp2",
    );
  return "resp2";
}

/**
 * Every string as base64 of its UTF-8 bytes, at any depth, but for a reply that is OK itself.
 *
 * Upstash leaves the *status* OK alone. A Reply does not tell a status from a value "OK"; as the whole reply clients take
 * either form, inside a list they decode every string, so there it must be encoded.
 */
export function encodeBase64(reply: Reply): Reply {
  return reply === "OK" ? reply : encodeDeep(reply);
}

function encodeDeep(reply: Reply): Reply {
  if (typeof reply === "string") return Buffer.from(reply).toString("base64");
  return reply === null || typeof reply === "number" ? reply : reply.map(encodeDeep);
}

/** The reply as a Redis connection would carry it. Strings but OK are bulk strings, statuses too: clients read both alike. */
export function encodeResp2(reply: Reply | Error): string {
  if (reply instanceof Error) return `-${reply.message.replaceAll(/[\r\n]+/g, " ")}\r\n`;
  if (reply === null) return "$-1\r\n";
  if (reply === "OK") return "+OK\r\n";
  if (typeof reply === "number") return `:${reply}\r\n`;
  if (typeof reply === "string") return `$${Buffer.byteLength(reply)}\r\n${reply}\r\n`;
  return `*${reply.length}\r\n${reply.map(encodeResp2).join("")}`;
}
