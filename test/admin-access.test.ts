import { afterEach, describe, expect, test } from "vitest";
import { defineApp } from "../src/apps/testing.ts";
import { createVisitor } from "./admin.fixture.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

const tokens = { ADMIN_TOKEN: "anna:secret-of-anna,ops:secret-of-ops:read" };

let edge: TestGateway;
afterEach(() => edge.stop());

async function start(settings: Record<string, string> = {}) {
  edge = await startTestGateway({ apps: [defineApp("app", {})], settings: { ...tokens, ...settings } });
  return createVisitor(edge.url);
}

describe("the login", () => {
  test("leads to the page that was asked for, and back out again", async () => {
    const visitor = await start();
    const asked = await visitor.get("/admin/projects?project=phc_test");
    expect(asked.status).toBe(303);
    const login = asked.headers.get("Location") ?? "";
    expect(login).toBe("/admin/login?next=%2Fadmin%2Fprojects%3Fproject%3Dphc_test");
    const proof = await visitor.proofOn(login);
    const next = "/admin/projects?project=phc_test";
    const entered = await visitor.post("/admin/login", { token: " secret-of-anna ", next, proof });
    expect(entered.status).toBe(303);
    expect(entered.headers.get("Location")).toBe(next);
    expect(await (await visitor.get(next)).text()).toContain("anna");

    await visitor.post("/admin/logout", { proof: await visitor.proofOn("/admin") });
    expect((await visitor.get("/admin")).headers.get("Location")).toBe("/admin/login?next=%2Fadmin");
  });

  test("keeps its session out of scripts, other sites and other routes, and shows no token in it", async () => {
    const visitor = await start();
    const here = (await visitor.logIn("secret-of-anna")).headers.getSetCookie();
    expect(here[0]).toMatch(
      /^edgehog_session=anna\.[^;]+; Max-Age=43200; Path=\/admin; HttpOnly; SameSite=Strict$/,
    );
    expect(here.join()).not.toContain("secret-of-anna");
  });

  test("is refused with a wrong token, and without the cookie and the proof of its form", async () => {
    const visitor = await start();
    const wrong = await visitor.logIn("secret-of-nobody");
    expect(wrong.status).toBe(401);
    expect(visitor.cookies.has("edgehog_session")).toBe(false);
    const proof = await visitor.proofOn("/admin/login");
    expect((await visitor.post("/admin/login", { token: "secret-of-anna" })).status).toBe(403);
    visitor.cookies.clear();
    const cookieless = await visitor.post("/admin/login", { token: "secret-of-anna", proof });
    expect(cookieless.status).toBe(403);
    expect(await cookieless.text()).toContain("https");
    expect((await visitor.logIn("secret-of-anna", { "Sec-Fetch-Site": "cross-site" })).status).toBe(403);
    expect((await visitor.logIn("secret-of-anna")).status).toBe(303);
  });

  test("takes ten wrong tokens from an address, by form and API together, and none for a while after that", async () => {
    const visitor = await start();
    const bearer = (token: string) =>
      fetch(`${edge.url}/admin/api/apps`, { headers: { Authorization: `Bearer ${token}` } });
    for (let n = 0; n < 5; n++) {
      expect((await visitor.logIn(`wrong-${n}`)).status).toBe(401);
      expect((await bearer(`wrong-${n}`)).status).toBe(401);
    }
    const refused = await visitor.logIn("secret-of-anna");
    expect(refused.status).toBe(429);
    expect(refused.headers.get("Retry-After")).toBe("900");
    expect((await bearer("secret-of-anna")).status).toBe(429);
    const elsewhere = await visitor.logIn("secret-of-anna", { "CF-Connecting-IP": "203.0.113.9" });
    expect(elsewhere.status).toBe(303);
    await edge.advance(15 * 60_000);
    expect((await visitor.logIn("secret-of-anna")).status).toBe(303);
  });

  test("counts wrong tokens for all isolates together, and addresses of one IPv6 network as one", async () => {
    const visitor = await start();
    for (let n = 0; n < 9; n++) {
      await visitor.logIn("wrong", { "CF-Connecting-IP": `2001:db8:0:1::${n + 1}` });
    }
    await edge.settle();
    edge.restart();
    const address = { "CF-Connecting-IP": "2001:db8:0:1:ffff:ffff:ffff:ffff" };
    expect((await visitor.logIn("wrong", address)).status).toBe(401);
    await edge.settle();
    expect((await visitor.logIn("secret-of-anna", address)).status).toBe(429);
  });

  test("is there while Redis is away", async () => {
    const visitor = await start();
    edge.setRedisAway(true);
    expect((await visitor.logIn("wrong")).status).toBe(401);
    expect((await visitor.logIn("secret-of-anna")).status).toBe(303);
    const overview = await visitor.get("/admin");
    expect(overview.status).toBe(200);
    const text = await overview.text();
    expect(text).toContain("The counts are in Redis, which does not answer");
    expect(text).toMatch(/Redis<\/dt><dd><strong>Down/);
  });
});

describe("a session", () => {
  test("is refused when it is forged or has expired", async () => {
    const visitor = await start();
    await visitor.logIn("secret-of-anna");
    const session = visitor.cookies.get("edgehog_session") ?? "";
    visitor.cookies.set("edgehog_session", session.replace("anna", "ops"));
    expect((await visitor.get("/admin")).status).toBe(303);
    visitor.cookies.set("edgehog_session", session);
    expect((await visitor.get("/admin")).status).toBe(200);
    await edge.advance(12 * 3_600_000);
    expect((await visitor.get("/admin")).status).toBe(303);
  });

  test("takes forms only from its own pages, by what the browser says and by their proof", async () => {
    const visitor = await start();
    await visitor.logIn("secret-of-anna");
    const proof = await visitor.proofOn("/admin");
    const send = (fields: Record<string, string>, headers: Record<string, string>) =>
      visitor.post("/admin/theme", { theme: "dark", ...fields }, headers);
    expect((await send({}, {})).status).toBe(403);
    expect((await send({ proof: "x" }, {})).status).toBe(403);
    for (const site of ["cross-site", "same-site", "none"]) {
      expect((await send({ proof }, { "Sec-Fetch-Site": site })).status).toBe(403);
    }
    expect(visitor.cookies.has("edgehog_theme")).toBe(false);
    expect((await send({ proof }, {})).status).toBe(303);
    expect(await (await visitor.get("/admin")).text()).toContain('data-theme="dark"');
  });

  test("that ends while a form is filled in loses nothing: the form is taken after another log-in", async () => {
    const visitor = await start();
    await visitor.logIn("secret-of-anna");
    const proof = await visitor.proofOn("/admin");
    const send = () => visitor.post("/admin/apps/app/enabled", { enabled: "false", proof });
    await edge.advance(12 * 3_600_000);
    const refused = await send();
    expect(refused.status).toBe(401);
    expect(await refused.text()).toMatch(
      /Not done.*session has ended.*href="\/admin\/login" target="_blank"/s,
    );
    await visitor.logIn("secret-of-ops");
    expect(await (await send()).text()).toContain("may only look");
    await visitor.logIn("secret-of-anna");
    expect((await send()).status).toBe(303);
  });

  test("comes back from a form to its own pages only", async () => {
    const visitor = await start();
    await visitor.logIn("secret-of-anna");
    const proof = await visitor.proofOn("/admin");
    const back = async (path: string) =>
      (await visitor.post("/admin/theme", { theme: "auto", back: path, proof })).headers.get("Location");
    expect(await back("/admin/projects")).toBe("/admin/projects");
    expect(await back("https://evil.example/")).toBe("/admin");
    expect(await back("//evil.example")).toBe("/admin");
  });

  test("of a token for reading looks, and changes nothing but its own browser", async () => {
    const visitor = await start();
    await visitor.logIn("secret-of-ops");
    expect((await visitor.get("/admin")).status).toBe(200);
    const proof = await visitor.proofOn("/admin");
    expect((await visitor.post("/admin/theme", { theme: "dark", proof })).status).toBe(303);
    const refused = await visitor.post("/admin/apps/app", { proof });
    expect(refused.status).toBe(403);
    expect(await refused.text()).toContain("may only look");
    expect((await visitor.post("/admin/logout", { proof })).status).toBe(303);
  });
});

describe("the admin's API", () => {
  test("reads for a token that may only read, and tells it so when it writes", async () => {
    await start();
    const call = (method: string) =>
      fetch(`${edge.url}/admin/api/apps/app`, {
        method,
        headers: { Authorization: "Bearer secret-of-ops", "Content-Type": "application/json" },
        ...(method === "GET" ? {} : { body: JSON.stringify({ enabled: false }) }),
      });
    expect((await call("GET")).status).toBe(200);
    const refused = await call("PATCH");
    expect(refused.status).toBe(403);
    expect(await refused.json()).toEqual({ error: expect.stringContaining('"ops" may only read') });
    expect(await (await call("GET")).json()).toMatchObject({ enabled: true });
  });

  test("does not take a session for a token, so that no other site can use it", async () => {
    const visitor = await start();
    await visitor.logIn("secret-of-anna");
    expect((await visitor.get("/admin/api/apps")).status).toBe(401);
    expect((await visitor.get("/admin/api/nothing")).status).toBe(401);
  });
});
