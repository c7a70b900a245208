import { CaptureError, unparsable } from "../errors.ts";
import { parseJson } from "../parse-json.ts";
import { mendEscapes } from "../text.ts";
import { normaliseUuid } from "../uuid.ts";
import { isRawObject } from "../v0/envelope.ts";
import { isRfc3339 } from "./rfc3339.ts";

/** An item of a batch: an object whose uuid can be answered for. */
export interface V1Item {
  raw: Readonly<Record<string, unknown>>;
  /** As the client wrote it; the answer names the event so. */
  sentUuid: string;
  /** Hyphenated, in lower case. */
  uuid: string;
}

/** What surrounds the events of a v1 request. */
export interface V1Envelope {
  items: readonly V1Item[];
  historicalMigration: boolean;
  /** The events are the service's own, whoever relays them. */
  captureInternal: boolean;
}

/**
 * Parses JSON text into its envelope. Lone surrogates and NULs are U+FFFD afterwards. Answers go by uuid, so one uuid that
 * is missing, malformed or used twice refuses the whole request.
 * @throws CaptureError 400
 */
export function openEnvelope(json: string): V1Envelope {
  const body = parseObject(mendEscapes(json));
  const { created_at, batch } = body;
  if (created_at === undefined) throw unparsable("created_at is missing");
  if (typeof created_at !== "string" || !isRfc3339(created_at)) {
    throw new CaptureError(400, "invalid_batch", "created_at must be a time as of RFC 3339");
  }
  if (!Array.isArray(batch)) throw unparsable("batch must be a list of events");
  if (batch.length === 0) throw new CaptureError(400, "empty_batch", "request holds no event");
  const seen = new Set<string>();
  return {
    items: batch.map((raw, index) => readItem(raw, index, seen)),
    historicalMigration: body.historical_migration === true,
    captureInternal: body.capture_internal === true,
  };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  if (text.trim() === "") throw new CaptureError(400, "empty_body", "request missing data payload");
  const body = parseJson(text);
  if (!isRawObject(body)) throw unparsable("expected an object with created_at and batch");
  return body;
}

function readItem(raw: unknown, index: number, seen: Set<string>): V1Item {
  if (!isRawObject(raw)) throw unparsable(`batch[${index}] is not an object`);
  const sentUuid = raw.uuid;
  if (sentUuid === undefined || sentUuid === null) {
    throw new CaptureError(400, "missing_event_uuid", `batch[${index}] has no uuid`);
  }
  const uuid = typeof sentUuid === "string" ? normaliseUuid(sentUuid) : null;
  if (typeof sentUuid !== "string" || uuid === null) {
    throw new CaptureError(400, "invalid_event_uuid", `the uuid of batch[${index}] is not a UUID`);
  }
  if (seen.has(uuid)) {
    throw new CaptureError(400, "duplicate_event_uuid", `batch[${index}] repeats the uuid ${uuid}`);
  }
  seen.add(uuid);
  return { raw, sentUuid, uuid };
}
