import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { defineApp } from "../src/apps/testing.ts";
import { createVisitor, partOf, textOf } from "./admin.fixture.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

/** One more than a look at a project's newest dead letters finds. */
const MANY = 501;

const broken = defineApp("broken", {
  onEvent() {
    throw new Error("the warehouse is down");
  },
});

let edge: TestGateway;
let visitor: ReturnType<typeof createVisitor>;
beforeEach(async () => {
  const settings = {
    ADMIN_TOKEN: "anna:secret-of-anna,ops:secret-of-ops:read",
    PROJECT_TOKENS: "phc_test,phc_blog",
  };
  edge = await startTestGateway({ apps: [broken], settings });
  visitor = createVisitor(edge.url);
  await visitor.logIn("secret-of-anna");
});
afterEach(() => edge.stop());

async function lose(project: string, count: number): Promise<void> {
  const batch = Array.from({ length: count }, (_, n) => ({ event: `e${n}`, distinct_id: "ada" }));
  await fetch(`${edge.url}/batch/`, { method: "POST", body: JSON.stringify({ api_key: project, batch }) });
  await edge.settle();
}
const page = (path: string) => textOf(visitor.get(`/admin${path}`));

describe("very many dead letters", () => {
  test("of one project hide those of no other, and are told as many, not as those looked at", async () => {
    await lose("phc_blog", 2);
    await edge.advance(60_000);
    await lose("phc_test", MANY);
    const attention = partOf(await page(""), "attention");
    expect(attention).toContain("501 dead letters");
    expect(attention).toMatch(/2 dead letters.*phc_blog/s);
    expect(partOf(await page("/dead-letters"), "letters")).toContain("503 in all");
    expect(partOf(await page("/apps/broken?project=phc_test"), "letters")).toContain("All 501<");
  });
});

describe("the time of a dead letter", () => {
  test("is asked for in UTC where no zone is given, on the page and by the API", async () => {
    await lose("phc_test", 1);
    const at = (minutes: number) => new Date(edge.clock.now() + minutes * 60_000).toISOString().slice(0, 16);
    for (const [from, count] of [
      [at(-60), 1],
      [at(60), 0],
    ] as const) {
      const listed = partOf(await page(`/dead-letters?from=${from}`), "letters");
      expect(listed.match(/the warehouse is down/g) ?? []).toHaveLength(count);
      const asked = await fetch(`${edge.url}/admin/api/deadletters?from=${from}`, {
        headers: { Authorization: "Bearer secret-of-anna" },
      });
      expect(((await asked.json()) as { entries: unknown[] }).entries).toHaveLength(count);
    }
    expect(await page(`/dead-letters?from=${at(-60)}:00.000Z`)).toContain(`value="${at(-60)}"`);
  });
});

test("who may only look is offered no dead letter to choose", async () => {
  await lose("phc_test", 1);
  expect(await page("/dead-letters")).toContain('type="checkbox"');
  const reader = createVisitor(edge.url);
  await reader.logIn("secret-of-ops");
  expect(await textOf(reader.get("/admin/dead-letters"))).not.toContain('type="checkbox"');
});
