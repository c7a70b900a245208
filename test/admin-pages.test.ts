import { afterEach, describe, expect, test } from "vitest";
import { defineApp } from "../src/apps/testing.ts";
import { createVisitor } from "./admin.fixture.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

const HOSTILE = `"'><script>alert(1)</script><img src=x onerror=alert(1)>`;
const tokens = { ADMIN_TOKEN: "anna:secret-of-anna,ops:secret-of-ops:read" };

let edge: TestGateway;
afterEach(() => edge.stop());

async function start(settings: Record<string, string> = {}, apps = [defineApp("app", {})]) {
  edge = await startTestGateway({ apps, settings: { ...tokens, ...settings } });
  return createVisitor(edge.url);
}

describe("answers of the admin", () => {
  test("run no script but the gateway's own, and are kept by nobody", async () => {
    const visitor = await start();
    await visitor.logIn("secret-of-anna");
    for (const path of ["/admin", "/admin/login", "/admin/projects", "/admin/nothing", "/admin/api/apps"]) {
      const response = await visitor.get(path);
      const policy = response.headers.get("Content-Security-Policy") ?? "";
      expect(policy).toMatch(
        /^default-src 'none'; script-src 'nonce-([\w-]{22})'; style-src 'nonce-\1'; img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
      );
      expect(response.headers.get("Cache-Control")).toBe("no-store");
      expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
      expect(response.headers.get("X-Frame-Options")).toBe("DENY");
      expect(response.headers.get("Access-Control-Allow-Origin")).toBeNull();
      const html = await response.text();
      const nonce = /nonce-([\w-]+)/.exec(policy)?.[1];
      for (const [, used] of html.matchAll(/nonce="([^"]*)"/g)) expect(used).toBe(nonce);
      expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
    }
    expect((await visitor.get("/admin/nothing")).status).toBe(404);
  });

  test("name their script and style by content, to be kept for good without a login", async () => {
    const visitor = await start();
    const html = await (await visitor.get("/admin/login")).text();
    const paths = [...html.matchAll(/(?:href|src)="(\/admin\/assets\/[^"]+)"/g)].map(
      ([, path]) => path ?? "",
    );
    expect(paths.map((path) => path.replace(/\.[0-9a-f]{16}\./, ".<hash>."))).toEqual([
      "/admin/assets/admin.<hash>.css",
      "/admin/assets/admin.<hash>.js",
    ]);
    for (const path of paths) {
      const response = await visitor.get(path);
      expect(response.status).toBe(200);
      expect(response.headers.get("Cache-Control")).toBe("public, max-age=31536000, immutable");
      expect(response.headers.get("Content-Type")).toMatch(/^text\/(css|javascript); charset=utf-8$/);
    }
    expect((await visitor.get("/admin/assets/admin.0000000000000000.js")).status).toBe(404);
  });

  test("hold no secret of the gateway's", async () => {
    const secrets = {
      POSTHOG_PERSONAL_API_KEY: "phx_very-personal",
      SECRETS_KEY: Buffer.alloc(32, 7).toString("base64"),
      ALERT_WEBHOOK_URL: "https://hooks.example/very-private",
      RESEND_API_KEY: "re_very-private",
      ALERT_EMAIL: "ops@shop.example",
    };
    const visitor = await start(secrets);
    await visitor.logIn("secret-of-anna");
    const html = (
      await Promise.all(["/admin", "/admin/projects"].map(async (path) => (await visitor.get(path)).text()))
    ).join("");
    const hidden = [
      "secret-of-anna",
      "secret-of-ops",
      "redis-token",
      "qstash-token",
      "sig_current",
      "sig_next",
    ];
    for (const secret of [...hidden, "very-p", secrets.SECRETS_KEY]) expect(html).not.toContain(secret);
    expect(html).toContain("ops (may only look)");
    expect(html).toContain("ops@shop.example");
  });

  test("escape what apps, projects and addresses put on them", async () => {
    const failing = defineApp("failing", {
      setupPlugin() {
        throw new Error(HOSTILE);
      },
    });
    const named = { ...failing, name: HOSTILE };
    const visitor = await start({ PROJECT_TOKENS: "*" }, [named]);
    const hostileToken = HOSTILE.replaceAll(/\s/g, "");
    await fetch(`${edge.url}/batch/`, {
      method: "POST",
      body: JSON.stringify({ api_key: hostileToken, batch: [{ event: HOSTILE, distinct_id: "u" }] }),
    });
    await edge.capture({ event: HOSTILE, distinct_id: HOSTILE });
    await edge.settle();
    await visitor.logIn("secret-of-anna");
    const query = encodeURIComponent(HOSTILE);
    for (const path of ["", "/projects", `/${query}`].flatMap((page) => [page, `${page}?project=${query}`])) {
      const html = await (await visitor.get(`/admin${path}`)).text();
      expect(html).not.toMatch(/<script>|<img/);
    }
    for (const path of ["/admin", "/admin/projects"]) {
      expect(await (await visitor.get(path)).text()).toContain("&lt;script&gt;alert(1)");
    }
  });

  test("are not there without ADMIN_TOKEN", async () => {
    const visitor = await start({ ADMIN_TOKEN: "" });
    for (const path of ["/admin", "/admin/login", "/admin/api/apps", "/admin/projects"]) {
      expect((await visitor.get(path)).status).toBe(404);
    }
  });

  test("lead on below PATH_PREFIX when they were asked for there", async () => {
    const visitor = await start({ PATH_PREFIX: "/ingest" });
    expect((await visitor.get("/ingest/admin")).headers.get("Location")).toBe(
      "/ingest/admin/login?next=%2Fingest%2Fadmin",
    );
    const proof = await visitor.proofOn("/ingest/admin/login");
    const entered = await visitor.post("/ingest/admin/login", { token: "secret-of-anna", proof });
    expect(entered.headers.get("Location")).toBe("/ingest/admin");
    expect(entered.headers.getSetCookie()[0]).toContain("Path=/ingest/admin;");
    expect(await (await visitor.get("/ingest/admin")).text()).toContain('href="/ingest/admin/projects"');
  });
});

describe("the overview", () => {
  test("shows what became of the day's events, and the rate by hour and by five minutes", async () => {
    const filter = defineApp("filter", {
      processEvent: (event: { event: string }) => (event.event === "noise" ? null : event),
    });
    const failing = defineApp("failing", {
      onEvent() {
        throw new Error("no");
      },
    });
    const visitor = await start({}, [filter, failing]);
    const good = { event: "good", distinct_id: "u" };
    await edge.capture(good, good, { event: "noise", distinct_id: "u" });
    await edge.settle();
    await edge.advance(2 * 3_600_000);
    await edge.capture(good);
    await edge.settle();
    await visitor.logIn("secret-of-anna");
    const html = await (await visitor.get("/admin")).text();
    const figure = (label: string) => new RegExp(`<dt>${label}</dt><dd><strong>([^<]*)`).exec(html)?.[1];
    const outcomes = ["Events in", "Delivered", "Dropped", "Retried", "Dead", "Refused"];
    expect(outcomes.map(figure)).toEqual(["4", "3", "1", "0", "3", "0"]);
    expect(["Redis", "QStash", "PostHog"].map(figure)).toEqual(["Up", "Up", "Up"]);
    expect(html).toContain("1 in all, at most 1 in one bar");
    expect(html).toContain("4 in all, at most 3 in one bar");
    expect(html).toContain("dead letters");
    const other = await (await visitor.get("/admin?project=phc_other")).text();
    expect(other).toContain("phc_other is not served here");
  });

  test("puts first what needs a person: what is disabled, what waits, what lacks configuration", async () => {
    const broken = defineApp("broken", {
      setupPlugin() {
        throw new Error("the key is not accepted");
      },
    });
    const off = { ...defineApp("switched-off", {}), enabled: false };
    const visitor = await start({}, [off, broken, defineApp("fine", {})]);
    await edge.capture({ event: "e", distinct_id: "u" });
    await edge.settle();
    await visitor.logIn("secret-of-anna");
    const html = await (await visitor.get("/admin")).text();
    const attention = /<section id="attention".*?<\/section>/s.exec(html)?.[0] ?? "";
    expect(attention).toContain("the key is not accepted");
    expect(attention).not.toMatch(/switched-off|fine/);
  });
});

describe("projects and settings", () => {
  test("show which project is paused, and lines that work with this gateway's address", async () => {
    const visitor = await start({
      PROJECT_TOKENS: "phc_test,phc_shop",
      PAUSED_PROJECTS: "phc_shop",
      PUBLIC_URL: "https://edge.example.com",
      POSTHOG_HOST: "https://eu.i.posthog.com",
    });
    await visitor.logIn("secret-of-anna");
    const html = await (await visitor.get("/admin/projects?project=phc_shop")).text();
    expect(html).toContain("paused: its events are thrown away");
    expect(html).toContain("posthog.init(&quot;phc_shop&quot;");
    expect(html).toContain("api_host: &quot;https://edge.example.com&quot;");
    expect(html).toContain("ui_host: &quot;https://eu.posthog.com&quot;");
    expect(html).toContain("eu.i.posthog.com");
  });
});
