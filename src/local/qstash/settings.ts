import { ApiError } from "./api-error.ts";
import { httpUrl } from "./destination.ts";
import { parseDuration, settingUnits } from "./duration.ts";
import { parseFlowLimits } from "./flow-limits.ts";
import { canonicalHeaderName } from "./header-name.ts";
import { type Callback, type FlowLimits, type Method, methods, type Redaction } from "./message.ts";
import { resourceName } from "./name.ts";
import { parseRedaction } from "./redaction.ts";
import { parseRetryDelay } from "./retry-delay.ts";

/** Settings that exist for a message and, with another prefix, for its callbacks. Absent ones are undefined. */
interface DeliverySettings {
  method: Method | undefined;
  forwarded: Record<string, string>;
  maxRetries: number | undefined;
  retryDelay: string | undefined;
  timeoutMs: number | undefined;
  delayMs: number | undefined;
}

/** What the headers of a publish say. */
export interface PublishSettings extends DeliverySettings {
  contentType: string | undefined;
  /** ms; wins over the delay (QStash: Delay). */
  notBefore: number | undefined;
  deduplicationId: string | undefined;
  contentBasedDeduplication: boolean;
  callback: Callback | undefined;
  failureCallback: Callback | undefined;
  labels: readonly string[] | undefined;
  flowControl: FlowLimits | undefined;
  redact: Redaction | undefined;
}

/** Connection headers belong to one connection, and these to the attempt; fetch refuses most of them anyway. */
const notForwarded = new Set(
  "host connection content-length transfer-encoding keep-alive upgrade te trailer expect".split(" "),
);

/** Reads the `Upstash-*` headers of a publish. Throws an ApiError (400) that names the header at fault. */
export function parseSettings(headers: Headers): PublishSettings {
  const text = (name: string) => headers.get(`upstash-${name}`) ?? undefined;
  const notBefore = read("Upstash-Not-Before", text("not-before"), wholeNumber);
  const deduplicationId = text("deduplication-id");
  if (deduplicationId?.includes(":") === true) throw new ApiError(400, "DeduplicationId cannot contain ':'");
  return {
    ...deliverySettings(headers, "upstash-"),
    contentType: headers.get("content-type") ?? undefined,
    notBefore: notBefore === undefined ? undefined : notBefore * 1000,
    deduplicationId,
    contentBasedDeduplication: text("content-based-deduplication")?.toLowerCase() === "true",
    callback: callback(headers, "upstash-callback"),
    failureCallback: callback(headers, "upstash-failure-callback"),
    labels: text("label")
      ?.split(",")
      .map((label) => resourceName("label", label.trim())),
    flowControl: parseFlowLimits(text("flow-control-key"), text("flow-control-value")),
    redact: parseRedaction(text("redact-fields")),
  };
}

function deliverySettings(headers: Headers, prefix: string): DeliverySettings {
  const setting = <Value>(name: string, parse: (text: string) => Value) =>
    read(canonicalHeaderName(prefix + name), headers.get(prefix + name) ?? undefined, parse);
  return {
    method: setting("method", method),
    forwarded: forwarded(headers, `${prefix}forward-`),
    maxRetries: setting("retries", wholeNumber),
    retryDelay: setting("retry-delay", (text) => (parseRetryDelay(text), text)),
    timeoutMs: setting("timeout", duration),
    delayMs: setting("delay", duration),
  };
}

function callback(headers: Headers, name: string): Callback | undefined {
  const url = headers.get(name);
  if (url === null) return undefined;
  const { forwarded: own, method: chosen, ...settings } = deliverySettings(headers, `${name}-`);
  return {
    ...settings,
    url: httpUrl(canonicalHeaderName(name), url),
    method: chosen ?? "POST",
    headers: { "Content-Type": "application/json", ...own },
  };
}

function forwarded(headers: Headers, prefix: string): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of headers) {
    const own = name.slice(prefix.length);
    if (name.startsWith(prefix) && own !== "" && !notForwarded.has(own)) {
      result[canonicalHeaderName(own)] = value;
    }
  }
  return result;
}

function read<Value>(header: string, text: string | undefined, parse: (text: string) => Value) {
  if (text === undefined) return undefined;
  try {
    return parse(text.trim());
  } catch (error) {
    throw new ApiError(
      400,
      `invalid ${header} "${text}": ${error instanceof Error ? error.message : error}.`,
    );
  }
}

function wholeNumber(text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new Error("it is not a whole number of zero or more");
  return Number(text);
}

function duration(text: string): number {
  const durationMs = parseDuration(text, settingUnits);
  if (durationMs === null) throw new Error("it is not a duration such as 30s, 10m or 1d10h");
  return durationMs;
}

function method(text: string): Method {
  const found = methods.find((known) => known === text.toUpperCase());
  if (found === undefined) throw new Error(`it is not one of ${methods.join(" ")}`);
  return found;
}
