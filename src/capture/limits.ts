/** Sizes and times that capture holds a request to. */
export interface CaptureLimits {
  /** Bytes of the body as it comes over the wire; PostHog: 20 MB on every v0 path. */
  maxWireBytes: number;
  /** The same for protocol v1; PostHog: 10 MiB. */
  maxV1WireBytes: number;
  /** Bytes after decompression, per layer. A Worker has 128 MB for all: PostHog's 100 MB (v0) and 50 MB (v1) do not fit. */
  maxDecodedBytes: number;
  /** Bytes of one event as compact JSON; above it the request gets 413, on which SDKs halve their batches. */
  maxEventBytes: number;
  /** Objects and lists in a request: in the text they may take two bytes, in memory some fifty (see `requireSparse`). */
  maxContainers: number;
  /** Commas in a request, which bound its values and keys likewise. */
  maxCommas: number;
  /** How long a client may pause while it sends the body, before 408. */
  bodyPauseMs: number;
  /** The slowest upload worth waiting for, once the pause is used up. */
  minBodyBytesPerSecond: number;
}

export const DEFAULT_LIMITS: Readonly<CaptureLimits> = {
  maxWireBytes: 20 * 1024 * 1024,
  maxV1WireBytes: 10 * 1024 * 1024,
  maxDecodedBytes: 32 * 1024 * 1024,
  maxEventBytes: 1024 * 1024,
  maxContainers: 500_000,
  maxCommas: 2_000_000,
  bodyPauseMs: 10_000,
  minBodyBytesPerSecond: 16 * 1024,
};
