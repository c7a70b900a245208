import { gzipSync } from "node:zlib";
import type { Properties } from "../../src/event.ts";
import type { Expected, ExpectedEvent } from "./expected.ts";
import type { Dialect, Moment } from "./dialect.ts";
import { DIALECTS } from "./dialects.ts";
import type { RecordedRequest } from "./recording.ts";
import { CLOCK_SKEW_MS, TOKEN } from "./told.ts";

/** A request in the form of an SDK that was not run, and what it means. */
export interface Imitation {
  /** The SDK, and that this is an imitation. */
  name: string;
  request: RecordedRequest;
  expected: Expected;
  /** Whether it says when it was sent, so that its events' times move with the time at which it is received. */
  saysWhen: boolean;
}

const RECEIVED_AT_MS = Date.parse("2024-03-01T10:00:00.000Z");
/** What servers' SDKs carry; a person's name stands for text that is not Latin. */
const PROPERTIES = {
  total: 129.9,
  path: "/a/b?c=1&d=<e>+f",
  name: "Ærøskøbing 👟 日本",
  items: [{ sku: "a-1" }],
};
const MOMENTS: Omit<Moment, "uuid">[] = [
  { event: "order placed", distinctId: "erin", agoMs: 5_000 },
  { event: "signed in", distinctId: "ﬁnn 7", agoMs: 4_000 },
];

/**
 * Requests in the forms of SDKs for other languages, by PostHog's published sources: paths, headers, envelopes, and how their
 * JSON libraries write text and their date libraries write times.
 * @param token the project they belong to
 */
export function imitations(token = TOKEN): Imitation[] {
  return DIALECTS.map((dialect, index) => imitate(dialect, index, token));
}

function imitate(dialect: Dialect, index: number, token: string): Imitation {
  const moments = MOMENTS.slice(0, dialect.single ? 1 : undefined).map(
    ({ event, distinctId, agoMs }, nth) => {
      const uuid = `0199a1b2-0c3d-7e4f-8a5b-${String(index).padStart(6, "0")}${String(nth).padStart(6, "0")}`;
      return { event, distinctId, agoMs, uuid };
    },
  );
  // A client that does not say when it sends has to have the right clock.
  const skewMs = dialect.saysWhen ? CLOCK_SKEW_MS : 0;
  const properties = { ...PROPERTIES, $lib: dialect.lib };
  const messages = moments.map((moment) =>
    dialect.message(moment, dialect.date(RECEIVED_AT_MS - moment.agoMs + skewMs), properties),
  );
  const sentAt = dialect.date(RECEIVED_AT_MS + skewMs);
  const json = dialect.json(dialect.envelope(messages, { token, sentAt }));
  return {
    name: `${dialect.name} (imitated)`,
    saysWhen: dialect.saysWhen,
    request: {
      receivedAt: new Date(RECEIVED_AT_MS).toISOString(),
      method: "POST",
      path: dialect.path,
      headers: {
        "content-type": "application/json",
        ...(dialect.gzip ? { "content-encoding": "gzip" } : {}),
        ...dialect.headers,
      },
      ...(dialect.gzip ? { base64: gzipSync(json).toString("base64") } : { text: json }),
    },
    expected: {
      token,
      events: moments.map((moment) => expectationOf(moment, dialect, properties)),
    },
  };
}

function expectationOf(
  { event, distinctId, agoMs, uuid }: Moment,
  { uuids }: Dialect,
  properties: Properties,
): ExpectedEvent {
  const timestamp = new Date(RECEIVED_AT_MS - agoMs).toISOString();
  const expected: ExpectedEvent = { event, distinct_id: distinctId, timestamp, properties };
  if (uuids) expected.uuid = uuid;
  return expected;
}
