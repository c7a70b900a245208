import { NOW, TOKEN, type Recorder } from "../capture.fixture.ts";

export const UUIDS = [
  "0185ccb1-0000-7000-8000-000000000001",
  "0185ccb1-0000-7000-8000-000000000002",
  "0185ccb1-0000-7000-8000-000000000003",
] as const;
export const REQUEST_ID = "0185ccb1-0000-7000-8000-00000000000a";
export const V1_PATH = "/i/v1/analytics/events";

export const HEADERS: Readonly<Record<string, string>> = {
  authorization: `Bearer ${TOKEN}`,
  "content-type": "application/json",
  "user-agent": "posthog-node/5.70.0",
  "posthog-sdk-info": "posthog-node/5.70.0",
  "posthog-attempt": "1",
  "posthog-request-id": REQUEST_ID,
  "posthog-request-timestamp": NOW,
};

export const V1_EVENT = {
  event: "e1",
  uuid: UUIDS[0],
  distinct_id: "u1",
  timestamp: "2023-01-01T11:59:55Z",
  options: {},
  properties: { a: 1 },
};

/** A whole body around `events`. */
export function v1Body(...events: readonly unknown[]) {
  return { created_at: NOW, batch: events };
}

/** POSTs a body (an object as JSON, or bytes as they are); a header given as null is left out. */
export async function postV1(
  recorder: Recorder,
  body: unknown,
  { path = V1_PATH, ...headers }: Record<string, string | null | undefined> = {},
): Promise<Response> {
  const all = Object.entries({ ...HEADERS, ...headers }).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return recorder.post(body, path ?? V1_PATH, Object.fromEntries(all));
}

/** The results of an answer, by uuid. */
export async function resultsOf(response: Response): Promise<Record<string, unknown>> {
  const { results } = (await response.json()) as { results: Record<string, unknown> };
  return results;
}
