import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { type Seen, TOKEN } from "./seen.ts";

/** What apps do after the answer: by the queue, by retries, by the clock. */
export function testDeferred({ edge, hook, send, admin, run, arrival }: Seen): void {
  test("exports in batches, again after a RetryError, until the destination takes them", async () => {
    const person = randomUUID();
    let refused: string | undefined;
    hook().answerWith(({ body }) => {
      if (!body.includes(person) || refused) return Response.json({});
      refused = body;
      return new Response("down", { status: 503 });
    });
    await send("/e/", { api_key: TOKEN, event: "sale", distinct_id: person });
    const withPerson = () => hook().requests.filter(({ body }) => body.includes(person));
    await expect.poll(() => withPerson().length).toBe(2);
    expect(withPerson()[1]?.body).toBe(refused);
    const first = withPerson()[0]?.json as { exported: Record<string, unknown>[] } | undefined;
    expect(first?.exported.find((event) => event["distinct_id"] === person)).toMatchObject({
      event: "sale",
      elements: [],
      timestamp: expect.any(String),
      properties: { label: "<sale>" },
    });
  });

  test("runs onEvent again for a RetryError, and writes the app's log", async () => {
    await send("/e/", { api_key: TOKEN, event: "fragile", distinct_id: randomUUID() });
    const logged = () => edge().lines.filter((line) => line.includes('\\"event\\":\\"fragile\\"'));
    await expect.poll(() => logged().length).toBe(2);
    expect(JSON.parse(logged()[0] ?? "")).toMatchObject({
      level: "LOG",
      source: "CONSOLE",
      plugin: "flaky",
      project: TOKEN,
      hook: "onEvent",
    });
    expect(
      edge().lines.some((line) => line.includes("RetryError: once (attempt 1/6). Retrying in 5 s")),
    ).toBe(true);
  });

  test("sets an app up by itself 5 s after its set-up asked for that", async () => {
    const told = async () => (await (await admin("apps/waking")).json()) as { state: string };
    await send("/e/", { api_key: TOKEN, event: "e", distinct_id: randomUUID() });
    await expect.poll(async () => (await told()).state).toBe("running");
    const lines = () => edge().lines.filter((line) => line.includes('"plugin":"waking"'));
    expect(lines()[0]).toContain(
      "setupPlugin failed with RetryError (attempt 1/6): not yet. Retrying in 5 s...",
    );
    await expect.poll(() => lines().some((line) => line.includes("completed successfully"))).toBe(true);
    expect((await run("waking", "runEveryMinute")).status).toBe(202);
    await expect.poll(() => lines().some((line) => line.includes("awake"))).toBe(true);
  });

  test("runs a scheduled task when the admin says so, and its event goes the whole way", async () => {
    expect((await run("clock", "runEveryMinute")).status).toBe(202);
    const { event, properties } = await arrival("App Server");
    expect(event).toBe("tick");
    expect(properties).toMatchObject({ arguments: 1, configured: "object", label: "<tick>" });
  });
}
