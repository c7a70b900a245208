/** A failed request, named and typed as node-fetch does it. */
export class FetchError extends Error {
  readonly type: string;

  constructor(message: string, type: string, cause?: unknown) {
    super(message, { cause });
    this.name = "FetchError";
    this.type = type;
  }
}

/** The app itself gave its request up. */
export class AbortError extends Error {
  readonly type = "aborted";

  constructor(message = "The user aborted a request.") {
    super(message);
    this.name = "AbortError";
  }
}
