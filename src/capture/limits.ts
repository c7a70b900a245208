/** Sizes and times that capture holds a request to. */
export interface CaptureLimits {
  /** Bytes of the body as it comes over the wire; PostHog: 20 MB on every v0 path. */
  maxWireBytes: number;
  /** Bytes after decompression, per layer. A Worker has 128 MB for everything, so PostHog's 100 MB do not fit. */
  maxDecodedBytes: number;
  /** Bytes of one event as compact JSON; above it the request gets 413, on which SDKs halve their batches. */
  maxEventBytes: number;
  /** How long a client may pause while it sends the body, before 408. */
  bodyPauseMs: number;
  /** The slowest upload worth waiting for, once the pause is used up. */
  minBodyBytesPerSecond: number;
}

export const DEFAULT_LIMITS: Readonly<CaptureLimits> = {
  maxWireBytes: 20 * 1024 * 1024,
  maxDecodedBytes: 32 * 1024 * 1024,
  maxEventBytes: 1024 * 1024,
  bodyPauseMs: 10_000,
  minBodyBytesPerSecond: 16 * 1024,
};
