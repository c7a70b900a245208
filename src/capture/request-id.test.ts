import { describe, expect, test } from "vitest";
import { createRecorder, EVENT, TOKEN, type Recorder } from "./capture.fixture.ts";
import { postV1, UUIDS, V1_EVENT, v1Body } from "./v1/v1.fixture.ts";

const [FIRST, SECOND, THIRD] = UUIDS;
const eventOf = (uuid: string) => ({ ...EVENT, uuid });
const batchOf = (...uuids: readonly string[]) => ({ api_key: TOKEN, batch: uuids.map(eventOf) });

/** The ids of the batches that the requests brought. */
async function idsOf(...send: ((recorder: Recorder) => Promise<Response>)[]) {
  const recorder = createRecorder({ authorise: () => true });
  for (const request of send) await request(recorder);
  return recorder.batches.map(({ requestId }) => requestId);
}

describe("a request's id", () => {
  test("is the same when an SDK sends the batch again: later, elsewhere, in another encoding and spelling", async () => {
    const body = batchOf(FIRST, SECOND);
    const later = {
      ...body,
      sent_at: "2023-01-01T12:00:30Z",
      batch: body.batch.map((event) => ({ ...event, uuid: event.uuid.toUpperCase(), offset: 30_000 })),
    };
    const [first, ...others] = await idsOf(
      ({ post }) => post(body),
      ({ post }) => post(later, "/batch/?retry_count=1"),
      ({ post }) => post(Buffer.from(JSON.stringify(body)).toString("base64")),
    );
    expect(first).toMatch(/^[\w-]{43}$/);
    expect(others).toEqual([first, first]);
  });

  test("differs with the events, their order and the project", async () => {
    const ids = await idsOf(
      ({ post }) => post(batchOf(FIRST)),
      ({ post }) => post(batchOf(SECOND)),
      ({ post }) => post(batchOf(FIRST, SECOND)),
      ({ post }) => post(batchOf(SECOND, FIRST)),
      ({ post }) => post({ ...batchOf(FIRST), api_key: "phc_other" }),
    );
    expect(new Set(ids).size).toBe(5);
  });

  test("is missing when the client did not choose every uuid", async () => {
    const mixed = { api_key: TOKEN, batch: [{ ...EVENT, uuid: FIRST }, EVENT] };
    expect(
      await idsOf(
        ({ post }) => post({ api_key: TOKEN, ...EVENT }),
        ({ post }) => post(mixed),
      ),
    ).toEqual([undefined, undefined]);
  });

  test("is of the usable events alone, which are the same ones again in a retry", async () => {
    const withBad = batchOf(FIRST, SECOND);
    withBad.batch.push({ ...EVENT, event: "", uuid: THIRD });
    const [bad, good] = await idsOf(
      ({ post }) => post(withBad),
      ({ post }) => post(batchOf(FIRST, SECOND)),
    );
    expect(bad).toBe(good);
  });

  test("of v1 is not the client's: a retry of what failed bears the same one and holds less", async () => {
    const second = { ...V1_EVENT, uuid: SECOND };
    const [whole, rest, again] = await idsOf(
      (recorder) => postV1(recorder, v1Body(V1_EVENT, second)),
      (recorder) => postV1(recorder, v1Body(second), { "posthog-attempt": "2" }),
      (recorder) => postV1(recorder, v1Body(second), { "posthog-attempt": "3" }),
    );
    expect(rest).not.toBe(whole);
    expect(again).toBe(rest);
  });
});
