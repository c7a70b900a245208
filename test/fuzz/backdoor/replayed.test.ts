import { afterEach, expect, test } from "vitest";
import { type BusyGateway, startBusy } from "./replayed.fixture.ts";
import { internalRoutes } from "./target.ts";

let edge: BusyGateway;
afterEach(() => edge.stop());

const routesIn = (requests: readonly Request[]) =>
  [...new Set(requests.map(({ url }) => new URL(url).pathname))].toSorted();

/** Sends each request once more, byte for byte; resolves to the statuses that were answered. */
async function replay(requests: readonly Request[]): Promise<number[]> {
  const statuses = new Set<number>();
  for (const request of requests) statuses.add((await edge.fetch(request.clone())).status);
  return [...statuses];
}

test("a request of QStash that is sent again when it is done does nothing on any route, and is refused when its five minutes are over", async () => {
  edge = await startBusy();
  await edge.live();
  const requests = [...edge.received];
  expect(routesIn(requests)).toEqual(internalRoutes(edge).toSorted());
  const before = await edge.evidence();
  expect(await replay(requests)).toEqual([200]);
  await edge.advance(200_000);
  expect(await edge.evidence()).toEqual(before);

  edge.clock.set(edge.clock.now() + 305_000);
  expect(await replay(requests)).toEqual([401]);
});

test("a request of QStash that comes twice at once is worked on once, on every route", async () => {
  edge = await startBusy();
  await edge.live();
  const once = await edge.evidence();
  await edge.stop();

  const refusals = new Set<string>();
  edge = await startBusy(async (request, serve) => {
    const answers = await Promise.all([serve(request.clone()), serve(request.clone())]);
    for (const { status, headers } of answers) {
      if (status !== 200) refusals.add(`${status}, again after ${headers.get("Retry-After")} s`);
    }
    return answers.find(({ ok }) => ok) ?? answers[0];
  });
  await edge.live();
  expect(routesIn(edge.received)).toEqual(internalRoutes(edge).toSorted());
  expect(await edge.evidence()).toEqual(once);
  expect([...refusals]).toEqual(["503, again after 30 s"]);
});
