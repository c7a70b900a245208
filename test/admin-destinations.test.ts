import { afterEach, describe, expect, test } from "vitest";
import { defineApp } from "../src/apps/testing.ts";
import { createVisitor, partOf, textOf } from "./admin.fixture.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

let edge: TestGateway;
afterEach(() => edge.stop());

const reader = defineApp("reader", { onEvent: () => {} });
const broken = defineApp(
  "broken",
  {
    setupPlugin: () => Promise.reject(new Error("no key")),
    onEvent: () => {},
  },
  { id: 2 },
);

async function start() {
  edge = await startTestGateway({
    apps: [reader, broken],
    settings: { ADMIN_TOKEN: "anna:secret-of-anna,ops:secret-of-ops:read" },
  });
  const visitor = createVisitor(edge.url);
  await visitor.logIn("secret-of-anna");
  return visitor;
}

describe("the page of destinations", () => {
  async function park() {
    edge.posthog.answerWith(() => Response.json({ code: "invalid_api_key" }, { status: 401 }));
    await edge.capture({ event: "waits", distinct_id: "ada" });
    await edge.settle();
  }

  test("shows one that is parked, where the overview leads, and resumes it on the record", async () => {
    const visitor = await start();
    await park();
    const attention = partOf(await textOf(visitor.get("/admin")), "attention");
    expect(attention).toContain("parked, waits for you");
    const [, path = ""] = /href="([^"]*destinations[^"]*)"/.exec(attention) ?? [];
    const html = await textOf(visitor.get(path));
    expect(html).toContain("parked, waits for you");
    expect(html).toMatch(/reader<\/a><small>onEvent<\/small>/);

    expect(html).toContain("its app is disabled");

    edge.posthog.answerWith(() => Response.json({ status: "Ok" }));
    const form = { project: edge.token, hook: "posthog" };
    expect((await visitor.post("/admin/destinations", form)).status).toBe(403);
    const proof = await visitor.proofOn("/admin/destinations");
    const done = await visitor.post("/admin/destinations", { ...form, proof });
    expect(done.headers.get("Location")).toBe(`/admin/destinations?project=${edge.token}&resumed=1`);
    await edge.advance(60_000);
    expect(edge.delivered().map((delivered) => delivered.event)).toContain("waits");
    expect(partOf(await textOf(visitor.get("/admin")), "attention")).not.toContain("parked");
    expect(await textOf(visitor.get("/admin/audit"))).toContain("resumed PostHog");
  });

  test("has no button for those who may only look, and says it when a destination has gone", async () => {
    const visitor = await start();
    await park();
    const proof = await visitor.proofOn("/admin/destinations");
    const form = { project: edge.token, hook: "onEvent", plugin: "nobody", proof };
    expect((await visitor.post("/admin/destinations", form)).status).toBe(404);
    const looking = createVisitor(edge.url);
    await looking.logIn("secret-of-ops");
    expect(await textOf(looking.get("/admin/destinations"))).not.toContain("Resume</button>");
  });
});
