import fc from "fast-check";
import { NOW_MS, TOKEN } from "./target.ts";

/** Any text that JSON can carry unchanged. */
const words = fc.string({ unit: "binary" });

/** What a valid event holds, at will. */
export const payloads = fc.dictionary(
  words.filter((key) => key !== "__proto__"),
  fc.oneof(words, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.array(words)),
);

/** JSON as a careless or hostile client writes it: the right keys, any values. */
const strange = fc.oneof(
  { weight: 5, arbitrary: fc.jsonValue({ depthSize: "small" }) },
  { weight: 1, arbitrary: fc.constantFrom("", "\0", "\ud800", "1e999", "2023-01-01T12:00:00Z", "-1") },
  { weight: 1, arbitrary: fc.constantFrom(-1, 2 ** 53, NOW_MS, Number.MAX_VALUE, null, true) },
);
const ENVELOPE_KEYS = [
  "api_key",
  "token",
  "batch",
  "sent_at",
  "created_at",
  "historical_migration",
  "capture_internal",
];
const EVENT_KEYS = (
  "event distinct_id $distinct_id uuid timestamp offset sent_at token $token properties $set $set_once " +
  "session_id window_id options __proto__ constructor"
).split(" ");

const someUuid = fc.uuid();
const eventOf = (uuid: string) => ({
  event: "e1",
  uuid,
  distinct_id: "u1",
  timestamp: "2023-01-01T11:59:55Z",
  properties: {},
});
/** A valid event of either protocol, some of whose fields are anything. */
const mutatedEvents = fc
  .tuple(someUuid, fc.dictionary(fc.constantFrom(...EVENT_KEYS), strange, { maxKeys: 3 }))
  .map(([uuid, fields]) => Object.assign(eventOf(uuid), fields));

/** JSON text of all shapes that the protocols know, changed at will. */
export const mutatedJson = fc
  .tuple(
    fc.array(fc.oneof({ weight: 6, arbitrary: mutatedEvents }, { weight: 1, arbitrary: strange }), {
      maxLength: 4,
    }),
    fc.dictionary(fc.constantFrom(...ENVELOPE_KEYS), strange, { maxKeys: 2 }),
    fc.constantFrom("single", "list", "envelope"),
  )
  .map(([events, fields, shape]) => {
    if (shape === "list") return JSON.stringify(events);
    const envelope = { api_key: TOKEN, created_at: "2023-01-01T12:00:00Z", ...fields };
    return JSON.stringify(
      shape === "single" ? { ...envelope, ...asObject(events[0]) } : { batch: events, ...envelope },
    );
  });

function asObject(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}

/** JSON that is deep, long or dense: up to some MB, made of one repeated part. */
export const extremeJson = fc
  .tuple(
    fc.constantFrom(
      "[",
      '{"a":',
      '[{"b":[',
      "{},",
      "[],",
      "0,",
      '"x",',
      '"k":0,',
      "\\ud800",
      "\\\\",
      "é",
      "x",
    ),
    fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 1, max: 5000 }) },
      { weight: 1, arbitrary: fc.integer({ min: 5000, max: 300_000 }) },
    ),
    fc.constantFrom("distinct_id", "properties", "batch", "uuid", "api_key", "options"),
    fc.boolean(),
  )
  .map(([part, times, key, closed]) => {
    const value = closed ? closedAround(part, times) : part.repeat(times);
    return `{"event":"e1","distinct_id":"u1","api_key":"${TOKEN}","created_at":"2023-01-01T12:00:00Z","${key}":${value}}`;
  });

/** The repeated part as JSON that is whole. */
function closedAround(part: string, times: number): string {
  if (part === "[") return "[".repeat(times) + "]".repeat(times);
  if (part === '{"a":') return `${part.repeat(times)}0${"}".repeat(times)}`;
  if (part === '[{"b":[') return `${part.repeat(times)}${"]}]".repeat(times)}`;
  if (part === '"k":0,') return `{${part.repeat(times)}"k":0}`;
  return part.endsWith(",") ? `[${part.repeat(times)}0]` : `"${part.repeat(times)}"`;
}
