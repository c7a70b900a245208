import { Buffer } from "node:buffer";
import { FetchError, failureOf } from "./errors.ts";
import { rawHeaders } from "./headers.ts";
import { addNodeMethods, type NodeBody } from "./node-body.ts";

/** What node-fetch's answer has beyond the platform's. */
export type AppResponse = Omit<Response, "clone" | "headers" | "body"> & {
  /** node-fetch says that it is always there; a platform has null for an answer that may have none. */
  readonly body: NodeBody;
  buffer(): Promise<Buffer>;
  clone(): AppResponse;
  readonly headers: Headers & { raw(): Record<string, string[]> };
  /** The request's own limits, 0 without one. Enumerable: apps log answers as JSON, and this is what they see of them. */
  readonly size: number;
  readonly timeout: number;
};

/**
 * Dresses the platform's answer as node-fetch's: `buffer()`, `headers.raw()`, and a body that can be piped as well as read
 * as a web stream. A body that does not come through, in its time or at all, or that has more than `size` bytes, fails with
 * a `FetchError`. An answer that came over no network (a test's, a trial's) is said to be from `address`. `onRead` hears of a
 * body that is being read. What is not used costs nothing.
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
  const failed = (error: unknown) =>
    failureOf(
      error,
      () =>
        new FetchError(
          `Response timeout while trying to fetch ${response.url} (over ${timeout}ms)`,
          "body-timeout",
          error,
        ),
      () =>
        new FetchError(
          `Invalid response body while trying to fetch ${response.url}: ${reasonOf(error)}`,
          "system",
          error,
        ),
    );
  if (response.body) addNodeMethods(response.body, failed, onRead);
  /** A body that was read before is the app's mistake, which the platform names. */
  const reading =
    <Result>(read: () => Promise<Result>) =>
    () => {
      const body = response.bodyUsed
        ? read()
        : read().catch((error: unknown) => Promise.reject(failed(error)));
      onRead(body);
      // Another promise than the one that is heard of, so that a failure which the app does not handle is seen as that.
      return body.then();
    };
  const text = reading(response.text.bind(response));
  const arrayBuffer = reading(response.arrayBuffer.bind(response));
  define(response.headers, { raw: () => rawHeaders(response.headers) });
  define(response, {
    text,
    arrayBuffer,
    blob: reading(response.blob.bind(response)),
    buffer: async () => Buffer.from(await arrayBuffer()),
    json: async () => parseBody(await text(), response.url),
    clone: () => nodeFetchResponse(copy(), response.url, {}, onRead),
  });
  return Object.assign(response, { size, timeout }) as unknown as AppResponse;
}

function parseBody(text: string, address: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = `invalid json response body at ${address} reason: ${reasonOf(error)}`;
    throw new FetchError(message, "invalid-json", error);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
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
