import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { listInternalRoutes } from "../fuzz/backdoor/target.ts";
import { type Seen, TOKEN } from "./seen.ts";

/** What comes in that is no event, and what is not from QStash. */
export function testRefusals({ edge, send, delivered }: Seen): void {
  test.each([
    ["no JSON", "{", 400],
    ["no event", "[]", 400],
    ["no token", JSON.stringify({ event: "e", distinct_id: "u" }), 401],
    ["a token of nobody here", JSON.stringify({ api_key: "phc_other", event: "e", distinct_id: "u" }), 401],
  ])("refuses %s with a JSON error that a browser may read", async (_case, body, status) => {
    const answer = await fetch(`${edge().url}/e/`, {
      method: "POST",
      body,
      headers: { Origin: "https://shop.example" },
    });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("https://shop.example");
    expect(await answer.json()).toMatchObject({ type: expect.any(String), detail: expect.any(String) });
  });

  test("answers a preflight", async () => {
    const answer = await fetch(`${edge().url}/e/`, {
      method: "OPTIONS",
      headers: { Origin: "null", "Access-Control-Request-Method": "POST" },
    });
    expect(answer.ok).toBe(true);
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("null");
  });

  test("does nothing for a call of an internal route that QStash has not made, however large it is", async () => {
    const person = randomUUID();
    const event = { uuid: randomUUID(), event: "forged", distinct_id: person, timestamp: "", properties: {} };
    const forged: Record<string, string>[] = [{}, { "Upstash-Signature": "e30.e30.e30" }];
    for (const path of await listInternalRoutes()) {
      const message = { v: 2, id: randomUUID(), project: TOKEN, events: [event], attempt: 0 };
      for (const headers of forged) {
        const answer = await send(path, { ...message, destination: { hook: "posthog" } }, headers);
        expect([path, answer.status]).toEqual([path, 401]);
      }
    }
    const status = await send("/_gateway/deliver", new Uint8Array(MANY_BYTES)).then(
      (answer) => answer.status,
      // A server that does not read on may close the connection before a client looks at its answer.
      () => 401,
    );
    expect(status).toBe(401);
    expect((await fetch(`${edge().url}/_gateway/health`)).status).toBe(200);
    expect(delivered().some(({ distinct_id: id }) => id === person)).toBe(false);
  });
}

const MANY_BYTES = 64_000_000;
