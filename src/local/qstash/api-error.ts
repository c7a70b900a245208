import type { ContentfulStatusCode } from "hono/utils/http-status";

/** A request that is refused: becomes `{"error": message}` with this status. The message says what to change. */
export class ApiError extends Error {
  readonly status: ContentfulStatusCode;

  constructor(status: ContentfulStatusCode, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}
