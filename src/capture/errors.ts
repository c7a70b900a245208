/** Statuses with which capture refuses a request: none stands for a fault of the gateway. */
export type RefusalStatus = 400 | 401 | 402 | 403 | 405 | 408 | 413 | 415 | 429;

/** What an error of capture is told beside its cause. */
export interface RefusalOptions extends ErrorOptions {
  /** Whole seconds after which the same request would be taken. */
  retryAfterSeconds?: number;
}

/**
 * A request that capture refuses. `message` goes to the client as `detail` and `error`: PostHog's words where it has some
 * (`failed to parse request: …`), because people search for them.
 */
export class CaptureError extends Error {
  override readonly name = "CaptureError";
  readonly status: RefusalStatus;
  /** Stable snake_case tag for programs. */
  readonly code: string;
  /** Undefined when sending the same again is of no use. */
  readonly retryAfterSeconds: number | undefined;

  constructor(status: RefusalStatus, code: string, message: string, options?: RefusalOptions) {
    super(message, options);
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = options?.retryAfterSeconds;
  }
}

/**
 * Thrown by `ingest` when the events can be made durable nowhere just now. The client gets 503 with `Retry-After` and keeps
 * them (decisions 25). `message` is for the log; the client is told only that the fault is transient.
 */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
  readonly retryAfterSeconds: number;
  /** uuids of the events that are not durable, where others of the request are; undefined = none is. */
  readonly notPersisted: ReadonlySet<string> | undefined;

  constructor(
    message: string,
    retryAfterSeconds: number,
    options?: ErrorOptions & { notPersisted?: ReadonlySet<string> },
  ) {
    super(message, options);
    this.retryAfterSeconds = retryAfterSeconds;
    this.notPersisted = options?.notPersisted;
  }
}

/** `Retry-After` as all SDKs read it: whole seconds, at least one (those for mobile devices read no dates). */
export function retryAfter(seconds: number): string {
  return String(Math.max(1, Math.ceil(seconds)));
}

/** 413: the signal by which SDKs halve a batch and send it again. `subject` names what is too large. */
export function tooLarge(subject: string, maxBytes: number): CaptureError {
  return new CaptureError(
    413,
    "request_too_large",
    `maximum event size exceeded: ${subject} is above ${maxBytes} bytes, send smaller batches`,
  );
}

/** 400: the bytes are not what they claim to be. */
export function undecodable(why: string, cause?: unknown): CaptureError {
  return new CaptureError(400, "request_decoding_error", `failed to decode request: ${why}`, { cause });
}

/** 400: the text is no JSON, or JSON of no known shape. */
export function unparsable(why: string, cause?: unknown): CaptureError {
  return new CaptureError(400, "request_parsing_error", `failed to parse request: ${why}`, { cause });
}
