/**
 * `@posthog/plugin-contrib` where there is no gateway: in an app's own tests, which run its files as they are. The buffer is
 * in memory, as it was in PostHog. Within the gateway apps get `createAppBuffers` instead.
 */
export interface BufferOptions {
  /** Points above which the buffer is flushed. */
  limit: number;
  /** Seconds after which it is flushed anyway, counted from its first object. */
  timeoutSeconds: number;
  onFlush: (objects: unknown[], points: number) => unknown;
}

export interface MemoryBuffer {
  _buffer: unknown[];
  _timeout: ReturnType<typeof setTimeout> | null;
  _points: number;
  _options: BufferOptions;
  /** Starts a flush when one is due, and does not wait for it. */
  add(object: unknown, points?: number): void;
  flush(): Promise<void>;
}

/** Rules as in PostHog (runtime 6.3): exactly full waits for the timer, an object above the limit goes at once and whole. */
export function createBuffer(options: Partial<BufferOptions> = {}): MemoryBuffer {
  const buffer: MemoryBuffer = {
    _buffer: [],
    _timeout: null,
    _points: 0,
    _options: { limit: 10, timeoutSeconds: 60, onFlush: () => {}, ...options },

    add(object, points = 1) {
      const { limit, timeoutSeconds } = buffer._options;
      if (buffer._points > 0 && buffer._points + points > limit) void buffer.flush();
      buffer._buffer.push(object);
      buffer._points += points;
      if (buffer._points > limit) void buffer.flush();
      else buffer._timeout ??= setTimeout(() => void buffer.flush(), timeoutSeconds * 1000);
    },

    async flush() {
      if (buffer._timeout) clearTimeout(buffer._timeout);
      const { _buffer: objects, _points: points } = buffer;
      Object.assign(buffer, { _buffer: [], _timeout: null, _points: 0 });
      if (objects.length > 0) await buffer._options.onFlush(objects, points);
    },
  };
  return buffer;
}
