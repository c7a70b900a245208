import { bodyBytes, readBody, storeBody } from "./body.ts";
import type { Answer } from "./callback.ts";
import type { Engine } from "./engine.ts";
import type { Progress } from "./message.ts";
import { sign } from "./signature.ts";

/** The region that QStash's default address stands for. */
const REGION = "EU-CENTRAL-1";

/**
 * Makes one attempt to deliver a message. Never rejects: no connection, a timeout and a broken answer are answers with
 * status 0. An answer's body is cut at the message limit. Redirects are not followed, as what they lead to was not signed.
 */
export async function attempt(engine: Engine, progress: Progress): Promise<Answer> {
  const { message } = progress;
  const timeoutMs = Math.min(message.timeoutMs ?? engine.attemptTimeoutMs, engine.attemptTimeoutMs);
  const body = message.method === "GET" ? null : bodyBytes(message.body);
  const limit = limitAttempt(engine.stopping.signal, timeoutMs);
  try {
    const response = await engine.fetch(message.url, {
      method: message.method,
      headers: { ...attemptHeaders(progress), "Upstash-Signature": signature(engine, message.url, body) },
      body,
      redirect: "manual",
      signal: limit.signal,
    });
    const { bytes } = await readBody(response, engine.maxMessageBytes);
    return { status: response.status, headers: response.headers, body: storeBody(bytes) };
  } catch (error) {
    return { status: 0, headers: new Headers(), body: { text: describe(error), base64: false } };
  } finally {
    limit.release();
  }
}

/** Ends an attempt by its timeout or by a stop. AbortSignal.timeout would keep a timer for minutes after every attempt. */
function limitAttempt(stopping: AbortSignal, timeoutMs: number) {
  const controller = new AbortController();
  const stop = () => controller.abort(stopping.reason);
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  if (stopping.aborted) stop();
  stopping.addEventListener("abort", stop, { once: true });
  return {
    signal: controller.signal,
    release() {
      clearTimeout(timer);
      stopping.removeEventListener("abort", stop);
    },
  };
}

function attemptHeaders({ message, retried }: Progress): Record<string, string> {
  const headers: Record<string, string> = {
    ...message.headers,
    "User-Agent": "Upstash-QStash",
    "Upstash-Message-Id": message.messageId,
    "Upstash-Retried": `${retried}`,
    "Upstash-Region": REGION,
  };
  if (message.topicName !== undefined) headers["Upstash-Topic-Name"] = message.topicName;
  if (message.scheduleId !== undefined) headers["Upstash-Schedule-Id"] = message.scheduleId;
  if (message.callerIP !== undefined) headers["Upstash-Caller-Ip"] = message.callerIP;
  return headers;
}

function signature(engine: Engine, url: string, body: Uint8Array | null): string {
  return sign({
    key: engine.signingKey(),
    url,
    body: body ?? new Uint8Array(),
    now: engine.clock.now(),
    tokenId: engine.newId("id"),
  });
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // fetch says only "fetch failed"; what happened is its cause.
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
