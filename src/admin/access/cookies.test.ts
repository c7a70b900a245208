import { Hono } from "hono";
import { expect, test } from "vitest";
import type { AdminBindings } from "../bindings.ts";
import { readCookie, writeCookie } from "./cookies.ts";

const app = new Hono<AdminBindings>();
app.use(async (context, next) => {
  context.set("base", "/admin");
  await next();
});
app.get("/write", (context) => {
  writeCookie(context, "name", "value", 60);
  return context.text("");
});
app.get("/read", (context) => context.text(readCookie(context, "name") ?? "none"));

const SECURE = "__Secure-name=value; Max-Age=60; Path=/admin; HttpOnly; Secure; SameSite=Strict";
const PLAIN = "name=value; Max-Age=60; Path=/admin; HttpOnly; SameSite=Strict";

test.each([
  ["https://edge.example.com", SECURE],
  // Behind something that ends TLS.
  ["http://edge.example.com", SECURE],
  ["http://127.0.0.1.example.com", SECURE],
  ["https://localhost", SECURE],
  ["http://localhost:8787", PLAIN],
  ["http://127.0.0.1:8787", PLAIN],
  ["http://[::1]:8787", PLAIN],
])(
  "a cookie of %s is sent back over TLS only, unless the browser is on this machine",
  async (origin, line) => {
    const written = await app.request(`${origin}/write`);
    expect(written.headers.get("Set-Cookie")).toBe(line);
    const pair = line.split(";")[0] ?? "";
    const read = async (Cookie: string) =>
      (await app.request(`${origin}/read`, { headers: { Cookie } })).text();
    expect(await read(pair)).toBe("value");
    expect(await read(line === SECURE ? "name=forged-over-http" : "")).toBe("none");
  },
);
