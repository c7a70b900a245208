import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { manifestSchema } from "../src/apps/manifest.ts";
import { defineApp } from "../src/apps/testing.ts";
import { createVisitor, textOf } from "./admin.fixture.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

const manifest = manifestSchema.parse({
  config: [
    { key: "provider", type: "choice", choices: ["aws", "r2"], default: "r2" },
    { key: "region", name: "Region", required_if: [["provider", "aws"]] },
    { key: "rows", type: "number", default: "10" },
    { key: "note", default: "" },
  ],
});
const PAGE = "/admin/apps/store";
const ADMIN_TOKEN = "anna:secret-of-anna,ben:secret-of-ben,ops:secret-of-ops:read";

let edge: TestGateway;
beforeEach(async () => {
  const config = { provider: "r2", rows: "10", note: "" };
  edge = await startTestGateway({
    apps: [defineApp("store", {}, { manifest, config })],
    settings: { ADMIN_TOKEN },
  });
});
afterEach(() => edge.stop());

async function enter(token: string) {
  const visitor = createVisitor(edge.url);
  await visitor.logIn(token);
  /** The form as the page shows it now. */
  const load = async () => {
    const html = await textOf(visitor.get(PAGE));
    const hidden = html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g);
    return { ...VALUES, ...Object.fromEntries([...hidden].map(([, name, value]) => [name, value])) };
  };
  const save = (form: Record<string, string>) => visitor.post(`${PAGE}/config`, form);
  return { ...visitor, load, save };
}

const VALUES = { "config.provider": "r2", "config.region": "", "config.rows": "10", "config.note": "" };

async function configured(): Promise<Record<string, unknown>> {
  const answer = await fetch(`${edge.url}/admin/api/apps/store`, {
    headers: { Authorization: "Bearer secret-of-anna" },
  });
  const { config } = (await answer.json()) as { config: { key: string; value: unknown }[] };
  return Object.fromEntries(config.map(({ key, value }) => [key, value]));
}

test("a form says when a field is required, what is at fault and where, and takes back what was entered", async () => {
  const anna = await enter("secret-of-anna");
  expect(await textOf(anna.get(PAGE))).toContain("required if provider is aws");
  const refused = await anna.save({ ...(await anna.load()), "config.provider": "aws" });
  expect(refused.status).toBe(400);
  const html = await refused.text();
  expect(html).toMatch(/id="fault-config.region">required for/);
  expect(html).toContain('<option value="aws" selected="">');
});

test("who may only look sees why nothing can be entered", async () => {
  const html = await textOf((await enter("secret-of-ops")).get(PAGE));
  expect(html).toContain("may only look.");
  expect(html).toMatch(/<fieldset disabled="">.*name="config.rows".*<\/fieldset>/s);
});

describe("two people at one form", () => {
  test("both keep what they changed of different fields", async () => {
    const [anna, ben] = [await enter("secret-of-anna"), await enter("secret-of-ben")];
    const [annas, bens] = [await anna.load(), await ben.load()];
    expect((await ben.save({ ...bens, "config.rows": "20" })).status).toBe(303);
    expect((await anna.save({ ...annas, "config.note": "by anna" })).status).toBe(303);
    expect(await configured()).toMatchObject({ rows: "20", note: "by anna" });
  });

  test("are told when it is the same field, and what the other one made of it, before they replace that", async () => {
    const [anna, ben] = [await enter("secret-of-anna"), await enter("secret-of-ben")];
    const [annas, bens] = [await anna.load(), await ben.load()];
    await ben.save({ ...bens, "config.rows": "20", "config.note": "by ben" });
    const refused = await anna.save({ ...annas, "config.rows": "30" });
    expect(refused.status).toBe(400);
    const html = await refused.text();
    expect(html).toContain("has become &quot;20&quot; meanwhile");
    expect(html).toMatch(/value="30"[^>]*name="config.rows"|name="config.rows"[^>]*value="30"/);
    expect(await configured()).toMatchObject({ rows: "20" });
    const again = { ...(await anna.load()), "config.rows": "30", "config.note": "by ben" };
    expect((await anna.save(again)).status).toBe(303);
    expect(await configured()).toMatchObject({ rows: "30", note: "by ben" });
  });
});
