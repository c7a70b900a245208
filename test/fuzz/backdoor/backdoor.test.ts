import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startTestGateway } from "../../gateway.ts";
import { forgeries } from "./forgeries.ts";
import { type BackDoor, startBackDoor } from "./target.ts";
import { PUBLIC_URL, seal, tokenOf } from "./token.ts";

let door: BackDoor;
beforeAll(async () => {
  door = await startBackDoor();
});
afterAll(() => door.stop());

describe("what QStash has not made", () => {
  test("is refused on every internal route with one and the same answer, no call made and no line logged", async () => {
    expect(door.routes.length).toBeGreaterThan(10);
    // `npm run fuzz -- --door back` tries a hundred times as many.
    await fc.assert(fc.asyncProperty(forgeries(door.routes), door.check), { numRuns: 1500 });
  });
});

describe("a body of 64 MB", () => {
  const CHUNK = new Uint8Array(1_000_000);
  const TOTAL = 64;

  /** A request whose body says how much of it was asked for. */
  function streaming(signature: string | undefined): { request: Request; taken: () => number } {
    let taken = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(stream) {
          if (taken === TOTAL) return stream.close();
          taken += 1;
          stream.enqueue(CHUNK);
        },
      },
      { highWaterMark: 0 },
    );
    const headers = signature === undefined ? {} : { "Upstash-Signature": signature };
    const init = { method: "POST", headers, body, duplex: "half" } as RequestInit;
    return { request: new Request(`${PUBLIC_URL}/_gateway/deliver`, init), taken: () => taken };
  }

  test.each([
    ["without a signature is refused unread", undefined, 401, 0],
    ["with a forged one too", seal({ ...tokenOf("/_gateway/deliver", CHUNK), key: "another" }), 401, 0],
    ["with a true one is refused after 10 MB", seal(tokenOf("/_gateway/deliver", CHUNK)), 413, 11],
  ])("%s", async (_guarantee, signature, status, read) => {
    const edge = await startTestGateway({ apps: [], settings: { PUBLIC_URL } });
    const { request, taken } = streaming(signature);
    expect([(await edge.fetch(request)).status, taken()]).toEqual([status, read]);
    await edge.stop();
  });
});

test("a development mode that the process's environment asks for opens nothing, and sends messages nowhere else", async () => {
  vi.stubEnv("QSTASH_DEV", "true");
  const edge = await startTestGateway({ apps: [] });
  await edge.capture({ event: "e", distinct_id: "u1" });
  await edge.settle();
  vi.unstubAllEnvs();
  expect(edge.delivered()).toHaveLength(1);
  await edge.stop();
});
