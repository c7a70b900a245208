import { Buffer } from "node:buffer";
import { PassThrough } from "node:stream";
import type { FetchInput } from "./target.ts";

/** What node-fetch's options allow beyond the platform's. */
export type AppRequestInit = Omit<RequestInit, "body"> & {
  body?: BodyInit | NodeStream | null;
  /** Milliseconds until the request fails. */
  timeout?: number;
  /** Most bytes that the answer may have; 0 = any. */
  size?: number;
  /** In node-fetch the most redirects to follow; here as many as the platform follows. */
  follow?: number;
  /** Connections are the platform's. */
  agent?: unknown;
  compress?: boolean;
};

/** A stream in Node's oldest form; packages such as form-data make their own. */
interface NodeStream {
  pipe(destination: PassThrough): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  /** form-data: the boundary that its content type must name. */
  getBoundary?(): string;
}

/**
 * What node-fetch says of itself where an app says nothing. Workers would send neither, and some services, GitHub's API
 * among them, refuse whoever does not name himself.
 */
const DEFAULT_HEADERS = {
  Accept: "*/*",
  "User-Agent": "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)",
} as const;

/**
 * The options of a request as every platform takes them, with the headers that node-fetch sends of itself. A Node stream is
 * read to its end first: streams of unknown length are sent in chunks, which many receivers refuse. Rejects with what the
 * stream fails with.
 */
export async function platformInit(
  input: FetchInput,
  init: AppRequestInit,
): Promise<RequestInit & { headers: Headers }> {
  const headers = new Headers(init.headers ?? (input instanceof Request ? input.headers : {}));
  for (const [name, value] of Object.entries(DEFAULT_HEADERS)) {
    if (!headers.has(name)) headers.set(name, value);
  }
  return { ...(await withPlatformBody(init, headers)), headers };
}

async function withPlatformBody(
  {
    body,
    timeout: _timeout,
    size: _size,
    follow: _follow,
    agent: _agent,
    compress: _compress,
    ...init
  }: AppRequestInit,
  headers: Headers,
): Promise<RequestInit> {
  const adapted: RequestInit = { ...init };
  if (init.method) adapted.method = init.method.toUpperCase();
  // Workers refuse "error"; whether there was a redirect shows in the answer.
  if (init.redirect === "error") adapted.redirect = "manual";
  if (body === undefined || body === null) return adapted;
  if (!isNodeStream(body)) return { ...adapted, body };

  const boundary = body.getBoundary?.();
  if (boundary !== undefined && !headers.has("Content-Type")) {
    headers.set("Content-Type", `multipart/form-data;boundary=${boundary}`);
  }
  return { ...adapted, body: await readStream(body) };
}

function isNodeStream(body: BodyInit | NodeStream): body is NodeStream {
  return typeof body === "object" && "pipe" in body && typeof body.pipe === "function";
}

async function readStream(stream: NodeStream): Promise<Buffer<ArrayBuffer>> {
  const through = new PassThrough();
  stream.on("error", (error) => through.destroy(error));
  stream.pipe(through);
  const chunks: Buffer[] = [];
  for await (const chunk of through) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}
