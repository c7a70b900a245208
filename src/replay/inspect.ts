import { CaptureError, tooLarge } from "../capture/errors.ts";
import { readToken } from "../capture/v0/envelope.ts";
import { createJsonCursor, type JsonCursor } from "./json-cursor.ts";

/** What decides whether a snapshot is accepted; absent fields are undefined. */
interface Snapshot {
  properties: Record<string, unknown>;
  [field: string]: unknown;
}

/** Fields worth reading; everything else is passed over. */
const ROOT_FIELDS = new Set(["event", "token", "$token", "api_key"]);
const PROPERTY_FIELDS = new Set(["token", "$session_id"]);
const MAX_FIELD_BYTES = 1024;
/** An SDK sends some dozens at most. */
const MAX_SNAPSHOTS = 10_000;

/**
 * Checks a recording as PostHog does, and resolves the project that it belongs to: one snapshot or a list of them, with
 * `$snapshot_data` in each and the session in the first. `$window_id` may be missing: it is the session's then.
 * @param json bytes; no copy of them is made
 * @throws CaptureError 400 for what is no recording, 401 as for events, 413 for more snapshots than anybody sends
 */
export function inspectRecording(json: Uint8Array): string {
  const cursor = createJsonCursor(json);
  const snapshots: Snapshot[] = [];
  const add = () => {
    if (snapshots.length === MAX_SNAPSHOTS)
      throw tooLarge(`a recording of ${MAX_SNAPSHOTS} snapshots`, json.length);
    snapshots.push(readSnapshot(cursor));
  };
  if (cursor.kind() === "list") cursor.eachItem(add);
  else add();
  cursor.end();

  const [first] = snapshots;
  if (first === undefined) throw new CaptureError(400, "empty_batch", "request holds no event");
  const project = readToken(
    { items: snapshots, token: undefined, sentAt: undefined, historicalMigration: false },
    false,
  );
  requireSession(first.properties["$session_id"]);
  if (snapshots.some(({ properties }) => !("$snapshot_data" in properties))) {
    throw refusal(
      "missing_snapshot_data",
      "event submitted without snapshot data: $snapshot_data is missing",
    );
  }
  return project;
}

function readSnapshot(cursor: JsonCursor): Snapshot {
  const snapshot: Snapshot = { properties: {} };
  if (cursor.kind() !== "object")
    throw refusal("malformed", "failed to parse request: an event is not an object");
  cursor.eachField((name) => {
    if (name === "properties" && cursor.kind() === "object") readProperties(cursor, snapshot.properties);
    else if (ROOT_FIELDS.has(name)) snapshot[name] = cursor.read(MAX_FIELD_BYTES);
    else cursor.skip();
  });
  return snapshot;
}

function readProperties(cursor: JsonCursor, properties: Record<string, unknown>): void {
  cursor.eachField((name) => {
    if (PROPERTY_FIELDS.has(name)) properties[name] = cursor.read(MAX_FIELD_BYTES);
    else if (name !== "$snapshot_data") cursor.skip();
    else if (passData(cursor)) properties[name] = true;
  });
}

/** Passes over the data, which are not read here, and tells whether there are any: null is none. */
function passData(cursor: JsonCursor): boolean {
  if (cursor.kind() === "other") return cursor.read(MAX_FIELD_BYTES) !== null;
  cursor.skip();
  return true;
}

const SESSION_ID = /^[A-Za-z0-9-]{1,70}$/;

function requireSession(id: unknown): void {
  if (id === undefined || id === null) {
    throw refusal("missing_session_id", "event submitted without a session id: $session_id is missing");
  }
  if (typeof id === "string" && SESSION_ID.test(id)) return;
  const rule = "$session_id must be 1 to 70 letters, digits and hyphens";
  throw refusal("invalid_session_id", `event submitted with an invalid session id: ${rule}`);
}

function refusal(code: string, message: string): CaptureError {
  return new CaptureError(400, code, message);
}
