import type { Properties } from "../../src/event.ts";

/** One thing that happened. */
export interface Moment {
  event: string;
  distinctId: string;
  /** How long before the request was received. */
  agoMs: number;
  uuid: string;
}

/** How an SDK writes a request. */
export interface Dialect {
  name: string;
  /** What it calls itself in `$lib`. */
  lib: string;
  path: string;
  headers: Record<string, string>;
  gzip: boolean;
  /** One event for each request. */
  single?: boolean;
  /** Whether the envelope says when it was sent, which tells a wrong clock. */
  saysWhen: boolean;
  /** Whether it chooses its events' uuids. */
  uuids: boolean;
  json(value: unknown): string;
  /** From ms since 1970. */
  date(timeMs: number): string;
  message(moment: Moment, timestamp: string, properties: Properties): Properties;
  envelope(messages: Properties[], request: { token: string; sentAt: string }): unknown;
}
