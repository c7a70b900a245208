import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { unreachableUrl } from "../recorder.ts";
import { type Seen, TOKEN } from "./seen.ts";

/** Apps that loop, throw and forget promises hurt themselves, and their log says where. */
export function testFaultyApps({ edge, send, admin, arrival }: Seen): void {
  test("cuts a loop that does not end: its event goes on, and so does everything else", async () => {
    const person = randomUUID();
    const answer = await send("/e/", { api_key: TOKEN, event: "endless", distinct_id: person });
    expect(answer.status).toBe(200);
    expect((await arrival(person)).properties["$plugins_failed"]).toContain("flaky (6)");
    const cut = () =>
      edge().lines.some((line) => line.includes("timed out after looping for 30 seconds on line "));
    await expect.poll(cut).toBe(true);
  });

  test("shows where in its source an app has failed", async () => {
    const person = randomUUID();
    await send("/e/", { api_key: TOKEN, event: "e", distinct_id: person });
    await arrival(person);
    const failure = edge().lines.find((line) => line.includes("undefinedName is not defined"));
    expect(JSON.parse(failure ?? "")).toMatchObject({
      level: "ERROR",
      source: "PLUGIN",
      hook: "processEvent",
      message: expect.stringMatching(
        /^ReferenceError: undefinedName is not defined\n {4}at \S*processEvent \(apps\/broken\/index\.js:4\)$/,
      ),
    });
  });

  test("puts promises that an app forgot into its log, and goes on [346, 347]", async () => {
    const person = randomUUID();
    const properties = { address: unreachableUrl };
    await send("/e/", { api_key: TOKEN, event: "forgetful", distinct_id: person, properties });
    expect((await arrival(person)).properties["$plugins_succeeded"]).toContain("flaky (6)");
    const forgotten = async () => {
      const answer = await admin("apps/flaky/logs?search=unhandled%20promise");
      return ((await answer.json()) as { entries: { message: string }[] }).entries;
    };
    await expect.poll(async () => (await forgotten()).length).toBe(4);
    const entries = await forgotten();
    const text = entries.map(({ message }) => message).join("\n");
    expect(text).toMatch(/Error: rejected/);
    expect(text).toMatch(/Error: thrown in an executor/);
    expect(text).toMatch(/rejection: thrown after an await/);
    expect(text).toMatch(/rejection: FetchError: request to .* failed/);
    for (const entry of entries) {
      expect(entry).toMatchObject({ level: "ERROR", source: "PLUGIN", hook: "processEvent" });
    }
    expect((await fetch(`${edge().url}/_gateway/health`)).status).toBe(200);
  });

  test("survives what an app throws in a callback, and puts it into its log", async () => {
    const person = randomUUID();
    await send("/e/", { api_key: TOKEN, event: "packed", distinct_id: person });
    expect((await arrival(person)).properties["$plugins_succeeded"]).toContain("flaky (6)");
    const thrown = async () => {
      const answer = await admin("apps/flaky/logs?search=thrown%20in%20a%20callback");
      return ((await answer.json()) as { entries: { message: string }[] }).entries;
    };
    await expect.poll(async () => (await thrown()).length).toBe(1);
    expect((await thrown())[0]).toMatchObject({
      level: "ERROR",
      source: "PLUGIN",
      hook: "processEvent",
      message: expect.stringMatching(
        /^Uncaught exception: Error: thrown in a callback: incorrect header check/,
      ),
    });
    expect((await fetch(`${edge().url}/_gateway/health`)).status).toBe(200);
  });
}
