import { CaptureError, unparsable } from "../errors.ts";
import { parseJson } from "../parse-json.ts";
import { mendEscapes } from "../text.ts";
import { checkToken } from "../token.ts";
import { hasLongId, quoteLongIds } from "./long-ids.ts";
import { rejectionError } from "./rejection.ts";
import { readSentAt } from "./sent-at.ts";

/** What surrounds the events of a v0 request, whichever of its three shapes it had: object, list, `{batch}`. */
export interface Envelope {
  items: readonly unknown[];
  /** The token for all events, where one stands beside them; null or undefined when it does not. */
  token: unknown;
  sentAt: string | undefined;
  historicalMigration: boolean;
}

type RawObject = Readonly<Record<string, unknown>>;

/** Whether `value` is a JSON object; lists are none. */
export function isRawObject(value: unknown): value is RawObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Parses JSON text into its envelope. Lone surrogates and NULs are U+FFFD afterwards.
 * @throws CaptureError 400 for no JSON, no known shape, or no event
 */
export function openEnvelope(json: string): Envelope {
  const text = mendEscapes(json);
  const envelope = toEnvelope(parseJson(text));
  return hasLongId(envelope.items) ? toEnvelope(parseJson(quoteLongIds(text))) : envelope;
}

function toEnvelope(body: unknown): Envelope {
  if (Array.isArray(body)) return filled({ ...NO_ENVELOPE, items: body });
  if (!isRawObject(body)) throw unparsable("expected an event, a list of events, or an object with a batch");
  const batch = body.batch;
  if (batch !== undefined && !Array.isArray(batch)) throw unparsable("batch is not a list of events");
  return filled({
    items: batch ?? [body],
    token: batch === undefined ? undefined : (body.api_key ?? body.token ?? body.$token),
    sentAt: readSentAt(body.sent_at),
    historicalMigration: body.historical_migration === true,
  });
}

const NO_ENVELOPE = { token: undefined, sentAt: undefined, historicalMigration: false };

function filled(envelope: Envelope): Envelope {
  if (envelope.items.length === 0) throw new CaptureError(400, "empty_batch", "request holds no event");
  return envelope;
}

/**
 * The one project of a request. A token on the envelope wins; otherwise all events that carry one must agree, and it holds
 * for those that carry none. `Authorization` and query are not consulted.
 * @param engage whether events may lack a name
 * @throws CaptureError 401 for no token, several, or a malformed one; 400 when there is none and no event either
 */
export function readToken({ token, items }: Envelope, engage: boolean): string {
  if (token !== undefined && token !== null) return checkToken(token);
  let found: unknown;
  let project: string | undefined;
  for (const item of items) {
    const own = eventToken(item);
    if (own === undefined || own === null || own === found) continue;
    const checked = checkToken(own);
    if (project !== undefined && checked !== project) {
      throw new CaptureError(
        401,
        "inconsistent_api_keys",
        "batch submitted with inconsistent api_key values",
      );
    }
    found = own;
    project = checked;
  }
  if (project === undefined) throw missingToken(items, engage);
  return project;
}

/** PostHog looks for events before it looks for their token: `{}` and `[5]` are no events at all. */
function missingToken(items: readonly unknown[], engage: boolean): CaptureError {
  const objects = items.filter(isRawObject);
  if (objects.length === 0) return rejectionError("malformed");
  if (!engage && !objects.some((item) => item.event !== undefined))
    return rejectionError("missing_event_name");
  return new CaptureError(401, "missing_api_key", "event submitted without an api_key");
}

function eventToken(item: unknown): unknown {
  if (!isRawObject(item)) return undefined;
  const own = item.token ?? item.$token ?? item.api_key;
  if (own !== undefined && own !== null) return own;
  const properties = item.properties;
  return isRawObject(properties) ? properties.token : undefined;
}
