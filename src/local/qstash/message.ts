import type { StoredBody } from "./body.ts";

export const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
export type Method = (typeof methods)[number];

/** What one destination is asked for: the same for a message and for its callbacks. */
export interface Delivery {
  url: string;
  method: Method;
  /** What the destination receives besides `Upstash-*`: forwarded headers and Content-Type, names in canonical case. */
  headers: Record<string, string>;
  /** Retries after the first attempt. */
  maxRetries: number;
  /** Expression, milliseconds; QStash's own backoff without one. */
  retryDelay?: string | undefined;
  timeoutMs?: number | undefined;
}

/** A callback as the publisher configured it. What it leaves open is taken from the message. */
export interface Callback extends Omit<Delivery, "maxRetries"> {
  maxRetries?: number | undefined;
  delayMs?: number | undefined;
}

/** Limits that a message brings along for all messages of the same key. */
export interface FlowLimits {
  key: string;
  parallelism?: number | undefined;
  rate?: number | undefined;
  periodSeconds: number;
}

/** What the API must not show; deliveries are not touched by it. */
export interface Redaction {
  body: boolean;
  /** Lower-case header names. */
  headers: "all" | readonly string[];
}

export interface Message extends Delivery {
  messageId: string;
  body: StoredBody;
  /** ms */
  createdAt: number;
  /** Time (ms) before which the first attempt is not made. */
  notBefore: number;
  callback?: Callback | undefined;
  failureCallback?: Callback | undefined;
  queueName?: string | undefined;
  scheduleId?: string | undefined;
  /** URL group that the message was published to, and the name of the endpoint in it. */
  topicName?: string | undefined;
  endpointName?: string | undefined;
  /** Address of the publisher. */
  callerIP?: string | undefined;
  labels: readonly string[];
  flowControl?: FlowLimits | undefined;
  redact?: Redaction | undefined;
  /** A callback that its queue waits for: the queue, and the message of the queue that it belongs to. */
  partOf?: { queueName: string; messageId: string } | undefined;
}

/** A message and how far it has come. */
export interface Progress {
  message: Message;
  /** Retries made so far. */
  retried: number;
  /** Time (ms) of the next attempt. */
  nextAt: number;
}
