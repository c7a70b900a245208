import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
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

  test.each(["deliver", "retry", "export", "task", "capture", "job", "buffer", "setup"])(
    "does nothing for an unsigned call of /_gateway/%s",
    async (route) => {
      const person = randomUUID();
      const event = {
        uuid: randomUUID(),
        event: "forged",
        distinct_id: person,
        timestamp: "",
        properties: {},
      };
      const message = {
        v: 1,
        id: "x",
        project: TOKEN,
        events: [event],
        attempt: 0,
        destination: { hook: "posthog" },
      };
      const forged: Record<string, string>[] = [{}, { "Upstash-Signature": "e30.e30.e30" }];
      for (const headers of forged) {
        expect((await send(`/_gateway/${route}`, message, headers)).status).toBe(401);
      }
      expect(delivered().some(({ distinct_id: id }) => id === person)).toBe(false);
    },
  );
}
