import type { Command } from "./backend.ts";
import { RefusedError } from "./refused.ts";

/** Upstash's limit for one request on every plan but the largest. */
export const MAX_REQUEST_BYTES = 10 * 1024 * 1024;

/** Reads one command from the body of `POST /`: a JSON array of its name and arguments. Throws RefusedError. */
export function readCommand(body: string): Command {
  return toCommand(parseArray(body, "command", '["SET","key","value"]'));
}

/**
 * Reads the commands of `/pipeline` and `/multi-exec`, a JSON array of arrays, in order. Throws RefusedError when the body
 * is no such thing; a command with an argument that cannot be sent stands in its place as a RefusedError.
 */
export function readCommands(body: string): (Command | RefusedError)[] {
  const rows = parseArray(body, "pipeline request", '[["SET","key","value"],["GET","key"]]');
  if (rows.length === 0) throw new RefusedError("ERR empty pipeline request");
  return rows.map((row, index) => {
    if (!Array.isArray(row)) {
      throw new RefusedError(
        `ERR failed to parse pipeline request: element ${index + 1} is not an array of a command and its arguments`,
      );
    }
    try {
      return toCommand(row);
    } catch (error) {
      if (error instanceof RefusedError) return error;
      throw error;
    }
  });
}

/**
 * Reads the path form: `/set/key/value`, percent-encoded; a body is the last argument, and the query follows it
 * (`?EX=100&NX` gives EX, 100, NX), but for the token. Throws RefusedError.
 */
export function readPath(url: URL, body: string): Command {
  const path = url.pathname.slice(1).replace(/\/$/, "");
  if (path === "") throw new RefusedError("ERR empty command");
  const options = [...url.searchParams].filter(([name]) => name !== "_token");
  return [
    ...path.split("/").map(decodeSegment),
    ...(body === "" ? [] : [body]),
    ...options.flatMap(([name, value]) => (value === "" ? [name] : [name, value])),
  ];
}

/**
 * The body as text, read no further than the limit. Throws RefusedError in Upstash's words when there is more.
 * Bytes that are not UTF-8 become U+FFFD, in values too.
 */
export async function readBody(request: Request): Promise<string> {
  const declared = request.headers.get("content-length");
  if (declared !== null) {
    if (Number(declared) > MAX_REQUEST_BYTES) throw tooLarge(Number(declared));
    return request.text();
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_REQUEST_BYTES) throw tooLarge(size);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseArray(body: string, what: string, example: string): unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch (error) {
    // The parser's own message would repeat a piece of the body, and so of the data, into logs.
    throw new RefusedError(
      `ERR failed to parse ${what}: the body is not JSON; expected an array such as ${example}`,
      { cause: error },
    );
  }
  if (Array.isArray(parsed)) return parsed;
  throw new RefusedError(`ERR failed to parse ${what}: expected a JSON array such as ${example}`);
}

function toCommand(row: readonly unknown[]): Command {
  if (row.length === 0) throw new RefusedError("ERR empty command");
  return row.map(toArgument);
}

/** Upstash: numbers and booleans become their text, null and nested values are refused (clients send objects as JSON text). */
function toArgument(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value === null) throw new RefusedError("ERR null args are not supported");
  throw new RefusedError(
    `ERR unsupported arg type: ${Array.isArray(value) ? "array" : "object"}; send it as JSON text`,
  );
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    throw new RefusedError("ERR failed to parse command: the path has a malformed percent-encoding", {
      cause: error,
    });
  }
}

function tooLarge(actual: number): RefusedError {
  return new RefusedError(
    `ERR max request size exceeded. Limit: ${MAX_REQUEST_BYTES} bytes, Actual: ${actual} bytes. Send the data in smaller commands.`,
  );
}
