/** @jsxImportSource #jsx */
import { Buffer } from "node:buffer";
import { type Context, Hono } from "hono";
import { limitBody } from "../limit-body.ts";
import type { AdminBindings } from "../bindings.ts";
import { TextField, Hidden } from "../look/form.tsx";
import { frameOf, within } from "../look/frame.ts";
import { SPIKES } from "../look/mark.ts";
import { Document } from "../look/page.tsx";
import { Notice } from "../look/parts.tsx";
import type { Attempts } from "./attempts.ts";
import { readCookie, writeCookie } from "./cookies.ts";
import { isSameOrigin } from "./same-origin.ts";
import { isSame, SESSION_SECONDS, type Sessions } from "./sessions.ts";
import { type AdminToken, findToken } from "./tokens.ts";

export const SESSION_COOKIE = "edgehog_session";

/** Holds what the login form must bring along: only those who were shown the form can send it. */
const FORM_COOKIE = "edgehog_login";
const FORM_SECONDS = 3600;
const FORM_BYTES = 16;
const MAX_BODY_BYTES = 10_000;

export interface LoginOptions {
  tokens: readonly AdminToken[];
  sessions: Sessions;
  attempts: Attempts;
  publicUrl: string;
  randomBytes: (count: number) => Uint8Array;
}

/** `GET` and `POST /login`: a token becomes a session in a cookie. */
export function createLogin(options: LoginOptions): Hono<AdminBindings> {
  const { tokens, sessions, attempts, publicUrl } = options;
  const routes = new Hono<AdminBindings>();

  routes.get("/login", (context) => show(context, context.req.query("next"), 200, null));

  routes.post("/login", limitBody(MAX_BODY_BYTES), async (context) => {
    const { token: secret, next, proof } = await context.req.parseBody();
    const refuse = (status: 401 | 403 | 429, why: string) => show(context, next, status, why);
    const shown = readCookie(context, FORM_COOKIE);
    if (!isSameOrigin(context.req.raw, publicUrl)) {
      return refuse(403, "This form was not sent by this page. Log in here.");
    }
    if (shown === undefined || typeof proof !== "string" || !isSame(proof, shown)) {
      const why = "Your browser did not send this page's cookie back. Try again; it keeps it only for https";
      return refuse(403, `${why}, or for http on this machine.`);
    }
    const { ip } = context.env.client;
    const waitSeconds = attempts.waitSeconds(ip);
    if (waitSeconds > 0) {
      context.header("Retry-After", String(waitSeconds));
      const minutes = Math.ceil(waitSeconds / 60);
      return refuse(429, `Too many wrong tokens from your address. Try again in ${minutes} min.`);
    }
    const token = typeof secret === "string" ? findToken(tokens, secret.trim()) : null;
    if (!token) {
      context.env.waitUntil(attempts.failed(ip));
      return refuse(401, "This is not one of the tokens in ADMIN_TOKEN.");
    }
    writeCookie(context, SESSION_COOKIE, sessions.open(token), SESSION_SECONDS);
    writeCookie(context, FORM_COOKIE, "", 0);
    return context.redirect(within(context.var.base, next), 303);
  });
  return routes;

  function show(
    context: Context<AdminBindings>,
    next: unknown,
    status: 200 | 401 | 403 | 429,
    fault: string | null,
  ) {
    // The same for all of a browser's tabs, so that each of their forms works.
    const proof =
      readCookie(context, FORM_COOKIE) ?? Buffer.from(options.randomBytes(FORM_BYTES)).toString("base64url");
    writeCookie(context, FORM_COOKIE, proof, FORM_SECONDS);
    const { base } = context.var;
    const page = (
      <Document frame={frameOf(context, null, proof)} title="Log in">
        <main class="login" id="content">
          <p class="brand">
            <svg viewBox="0 0 24 24" aria-hidden="true">
              <path d={SPIKES} />
            </svg>
            Edgehog
          </p>
          {fault === null ? null : <Notice tone="bad">{fault}</Notice>}
          <h1>Log in</h1>
          <form method="post" action={`${base}/login`}>
            <Hidden name="proof" value={proof} />
            <Hidden name="next" value={within(base, next)} />
            {/* Password managers file a token under a name. */}
            <input type="text" name="username" value="edgehog" autocomplete="username" hidden />
            <TextField
              name="token"
              label="Token"
              type="password"
              autocomplete="current-password"
              hint="The value of ADMIN_TOKEN, or your own part of it."
              required
              autofocus
            />
            <button class="primary">Log in</button>
          </form>
        </main>
      </Document>
    );
    return context.html(`<!doctype html>${page.toString()}`, status);
  }
}
