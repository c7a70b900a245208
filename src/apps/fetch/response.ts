import { Buffer } from "node:buffer";
import { Readable } from "node:stream";
import { FetchError } from "./errors.ts";
import { rawHeaders } from "./headers.ts";

/** What node-fetch's answer has beyond the platform's. */
export type AppResponse = Omit<Response, "clone" | "headers" | "body"> & {
  /** node-fetch says that it is always there; a platform has null for an answer that may have none. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> & Pick<Readable, "pipe" | "on" | "once">;
  buffer(): Promise<Buffer>;
  clone(): AppResponse;
  readonly headers: Headers & { raw(): Record<string, string[]> };
  /** The request's own limits, 0 without one. Enumerable: apps log answers as JSON, and this is what they see of them. */
  readonly size: number;
  readonly timeout: number;
};

/**
 * Dresses the platform's answer as node-fetch's: `buffer()`, `headers.raw()`, and a body that can be piped as well as read
 * as a web stream. With `size`, reading more bytes than that fails with a `FetchError`. An answer that came over no network
 * (a test's, a trial's) is said to be from `address`. `onRead` hears of a body that is being read. What is not used costs
 * nothing.
 */
export function nodeFetchResponse(
  answer: Response,
  address: string,
  { size = 0, timeout = 0 }: { size?: number; timeout?: number } = {},
  onRead: (body: Promise<unknown>) => void = () => {},
): AppResponse {
  if (answer.url === "") define(answer, { url: address });
  const response = size > 0 && answer.body ? limited(answer, size) : answer;
  const copy = response.clone.bind(response);
  if (response.body) addNodeMethods(response.body);
  define(response.headers, { raw: () => rawHeaders(response.headers) });
  const reading = <Body>(body: Promise<Body>): Promise<Body> => {
    onRead(body);
    // Another promise than the one that is heard of, so that a failure which the app does not handle is seen as that.
    return body.then();
  };
  const text = response.text.bind(response);
  const arrayBuffer = response.arrayBuffer.bind(response);
  const blob = response.blob.bind(response);
  define(response, {
    text: () => reading(text()),
    arrayBuffer: () => reading(arrayBuffer()),
    blob: () => reading(blob()),
    buffer: async () => Buffer.from(await response.arrayBuffer()),
    json: async () => parseBody(await response.text(), response.url),
    clone: () => nodeFetchResponse(copy(), response.url, {}, onRead),
  });
  return Object.assign(response, { size, timeout }) as unknown as AppResponse;
}

function parseBody(text: string, address: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `invalid json response body at ${address} reason: ${reason}`;
    throw new FetchError(message, "invalid-json", error);
  }
}

/** Methods that apps call on a body that is a Node stream; the first one called makes it one. */
function addNodeMethods(body: ReadableStream<Uint8Array>): void {
  let stream: Readable | undefined;
  const nodeStream = () => (stream ??= Readable.from(buffers(body), { objectMode: false }));
  const method =
    (name: "pipe" | "on" | "once") =>
    (...values: unknown[]): unknown =>
      Reflect.apply(nodeStream()[name], nodeStream(), values);
  define(body, { pipe: method("pipe"), on: method("on"), once: method("once") });
}

/** Not `Readable.fromWeb`: on Workers it refuses a stream that has Node's methods as well. */
async function* buffers(body: ReadableStream<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const chunk of body) yield Buffer.from(chunk);
}

/** Defines rather than assigns: on some platforms these objects have members of the same names that cannot be assigned to. */
function define(object: object, members: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(object, name, { value, configurable: true, writable: true });
  }
}

function limited(answer: Response, size: number): Response {
  let bytes = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > size) {
        throw new FetchError(`content size at ${answer.url} over limit: ${size}`, "max-size");
      }
      controller.enqueue(chunk);
    },
  });
  const response = new Response(answer.body?.pipeThrough(counter), answer);
  define(response, { url: answer.url, redirected: answer.redirected });
  return response;
}
