import { Buffer } from "node:buffer";
import { Readable } from "node:stream";

/** Methods of a Node stream that apps call on an answer's body. */
const STREAM_METHODS = [
  "pipe",
  "unpipe",
  "on",
  "once",
  "off",
  "addListener",
  "removeListener",
  "removeAllListeners",
  "read",
  "resume",
  "pause",
  "isPaused",
  "setEncoding",
  "destroy",
] as const satisfies readonly (keyof Readable)[];

/** A body that is read as a web stream or as a Node stream, whichever the app takes it for. */
export type NodeBody = ReadableStream<Uint8Array<ArrayBuffer>> &
  Pick<Readable, (typeof STREAM_METHODS)[number]>;

/**
 * Gives a body the methods of a Node stream, and Buffers to `for await`; the first method called makes it one. What reading
 * fails with is thrown as `failed` names it. `onRead` hears of each chunk that is waited for.
 */
export function addNodeMethods(
  body: ReadableStream<Uint8Array>,
  failed: (error: unknown) => Error,
  onRead: (chunk: Promise<unknown>) => void,
): void {
  // Not `Readable.fromWeb`: on Workers it refuses a stream that has Node's methods as well.
  const iterate = body[Symbol.asyncIterator].bind(body);
  const chunks = () => {
    const iterator = iterate();
    const next = () => {
      const chunk = iterator.next();
      onRead(chunk);
      return chunk;
    };
    const cancel = async () => {
      await iterator.return?.();
      return { done: true as const, value: undefined };
    };
    return { next, return: cancel };
  };
  async function* buffers(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of { [Symbol.asyncIterator]: chunks }) yield Buffer.from(chunk);
    } catch (error) {
      throw failed(error);
    }
  }
  let stream: Readable | undefined;
  const nodeStream = () => (stream ??= Readable.from(buffers(), { objectMode: false }));
  const define = (name: string | symbol, value: unknown) =>
    Object.defineProperty(body, name, { value, configurable: true, writable: true });
  for (const name of STREAM_METHODS) {
    define(name, (...values: unknown[]): unknown => Reflect.apply(nodeStream()[name], nodeStream(), values));
  }
  define(Symbol.asyncIterator, () => (stream ? stream[Symbol.asyncIterator]() : buffers()));
}
