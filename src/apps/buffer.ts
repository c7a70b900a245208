import { currentInvocation, requireInvocation, type Scope } from "./scope.ts";

const DEFAULT_LIMIT = 10;
const DEFAULT_TIMEOUT_SECONDS = 60;
/** QStash's smallest plan lets a message wait for a week. */
const MAX_TIMEOUT_SECONDS = 6 * 24 * 60 * 60;

/** An app that makes a buffer for each event would otherwise fill the isolate. */
const MAX_BUFFERS = 1000;

type OnFlush = (objects: unknown[], points: number) => unknown;

/** Which buffer of which app, and when it is flushed: all that Redis needs to know of it. */
export interface BufferPlace {
  project: string;
  plugin: string;
  /** Buffers have no names, so they are known by the order in which an instance makes them, from 0. */
  number: number;
  /** Points above which a buffer is flushed. */
  limit: number;
  timeoutSeconds: number;
}

/** An object on its way into a buffer. */
export interface BufferedObject {
  points: number;
  json: string;
}

/** A buffer that an instance has made with `createBuffer`. */
export interface AppBuffer {
  readonly place: BufferPlace;
  readonly onFlush: OnFlush;
}

/** What `createBuffer` of `@posthog/plugin-contrib` returns. */
export interface BufferControls {
  /** What the invocation under way has added so far; the rest is in Redis, shared by all isolates. */
  readonly _buffer: unknown[];
  readonly _points: number;
  readonly _timeout: null;
  readonly _options: { limit: number; timeoutSeconds: number; onFlush: OnFlush };
  /**
   * Adds an object, by way of JSON. It is in Redis before the work that added it is acknowledged, and `onFlush` gets it
   * through the queue: at once when the buffer holds more points than its limit, else when its time has come.
   */
  add(object: unknown, points?: number): void;
  /** Runs `onFlush` over all that the buffer holds, and rejects with what that throws. */
  flush(): Promise<void>;
}

/** The buffers of one instance. */
export interface AppBuffers {
  readonly made: readonly AppBuffer[];
  createBuffer(options?: Partial<BufferControls["_options"]>): BufferControls;
}

/**
 * `createBuffer` for one instance. The object that the app keeps in `global` or at module level holds nothing itself:
 * what is added belongs to the work under way and moves to Redis when that ends, because the next event may come to
 * another isolate. One Redis request for each invocation that adds objects, however many.
 */
export function createAppBuffers(options: {
  project: string;
  plugin: string;
  flush: (buffer: AppBuffer, scope: Scope) => Promise<void>;
  onLost: (error: Error) => void;
}): AppBuffers {
  const { project, plugin } = options;
  const made: AppBuffer[] = [];

  return {
    made,
    createBuffer({
      limit = DEFAULT_LIMIT,
      timeoutSeconds = DEFAULT_TIMEOUT_SECONDS,
      onFlush = () => {},
    } = {}) {
      if (made.length >= MAX_BUFFERS) {
        throw new Error(
          `createBuffer: this app has made ${MAX_BUFFERS} buffers; make one in setupPlugin and keep it in global`,
        );
      }
      const place: BufferPlace = {
        project,
        plugin,
        number: made.length,
        limit: Math.min(Number(limit), Number.MAX_SAFE_INTEGER) || 0,
        timeoutSeconds: Math.min(MAX_TIMEOUT_SECONDS, Math.max(1, Math.ceil(Number(timeoutSeconds)) || 1)),
      };
      const buffer: AppBuffer = { place, onFlush };
      made.push(buffer);
      const held = () => currentInvocation.getStore()?.scope.buffered(place) ?? [];

      return {
        get _buffer() {
          return held().map(({ json }) => JSON.parse(json) as unknown);
        },
        get _points() {
          return pointsOf(held());
        },
        _timeout: null,
        _options: { limit, timeoutSeconds, onFlush },
        add(object, points = 1) {
          const { scope } = requireInvocation("add of createBuffer");
          const json = JSON.stringify(object) ?? "null";
          scope
            .buffer(place, { points: finite(points), json })
            .catch((error: Error) => options.onLost(error));
        },
        flush: () => options.flush(buffer, requireInvocation("flush of createBuffer").scope),
      };
    },
  };
}

/** Sum of the objects' points. */
export function pointsOf(objects: readonly { points: number }[]): number {
  return objects.reduce((sum, { points }) => sum + points, 0);
}

function finite(points: unknown): number {
  return Number.isFinite(Number(points)) ? Number(points) : 0;
}
