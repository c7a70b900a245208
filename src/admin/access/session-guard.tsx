/** @jsxImportSource #jsx */
import type { Child } from "hono/jsx";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { limitBody } from "../limit-body.ts";
import { MAX_UPLOAD_BYTES } from "../apps/upload.ts";
import type { AdminBindings } from "../bindings.ts";
import { BACK_FIELD, PROOF_FIELD } from "../look/form.tsx";
import { frameOf, THEME_COOKIE, THEMES, within } from "../look/frame.ts";
import { answerPage } from "../look/page.tsx";
import { Notice } from "../look/parts.tsx";
import { isReading } from "./bearer.ts";
import { readCookie, writeCookie } from "./cookies.ts";
import { SESSION_COOKIE } from "./login.tsx";
import { isSameOrigin } from "./same-origin.ts";
import { isSame, type Sessions } from "./sessions.ts";

const MAX_FORM_BYTES = 1_000_000;
const THEME_SECONDS = 365 * 24 * 3600;

/** What a session that may only look can send too: it changes nothing but its own browser. */
const OWN_FORMS = new Set(["/admin/theme", "/admin/logout"]);

/**
 * Lets pages and forms pass that belong to a session; others are sent to the login. Forms must come from this gateway's
 * pages, by what the browser says and by the proof in them, and change something only for a token that may.
 */
export function requireSession(sessions: Sessions, publicUrl: string): MiddlewareHandler<AdminBindings> {
  return async (context, next) => {
    const session = readCookie(context, SESSION_COOKIE) ?? "";
    const visitor = sessions.read(session);
    const { base } = context.var;
    context.set("frame", frameOf(context, visitor, sessions.proofOf(session)));
    if (!visitor) {
      if (!isReading(context.req.method)) return answerEnded(context);
      return context.redirect(`${base}/login?next=${encodeURIComponent(context.var.frame.here)}`, 303);
    }
    context.set("visitor", visitor);
    if (isReading(context.req.method)) return next();

    if (!isSameOrigin(context.req.raw, publicUrl)) {
      return refuse(context, "Another site has sent this form. Nothing was changed; do it again from here.");
    }
    if (visitor.access === "read" && !OWN_FORMS.has(context.req.path)) {
      return refuse(
        context,
        `The token "${visitor.name}" may only look. Log in with one that may change things.`,
      );
    }
    const isUpload = /\/attachments\/[^/]+$/.test(context.req.path);
    return (isUpload ? limitUpload : limitForm)(context, async () => {
      const { [PROOF_FIELD]: proof } = await context.req.parseBody();
      if (typeof proof === "string" && isSame(proof, context.var.frame.proof)) return next();
      context.res = await refuse(
        context,
        "This form is of another log-in. Load its page again, and repeat it.",
      );
    });
  };
}

const limitForm = limitBody(MAX_FORM_BYTES);
const limitUpload = limitBody(MAX_UPLOAD_BYTES);

function refuse(
  context: Context<AdminBindings>,
  why: Child,
  status: 401 | 403 = 403,
): Response | Promise<Response> {
  const content = { title: "Not done", section: null, children: <Notice tone="bad">{why}</Notice> };
  return answerPage(context, content, status);
}

/** To a form without a session. What was entered is in the browser's request still. */
function answerEnded(context: Context<AdminBindings>): Response | Promise<Response> {
  const why = (
    <>
      Your session has ended.{" "}
      <a href={`${context.var.base}/login`} target="_blank">
        Log in in another tab
      </a>
      , then load this page again: what you entered is sent once more.
    </>
  );
  return refuse(context, why, 401);
}

/** What a session has besides pages: its end, and how it looks. */
export function createSessionRoutes(): Hono<AdminBindings> {
  const routes = new Hono<AdminBindings>();

  routes.post("/logout", (context) => {
    writeCookie(context, SESSION_COOKIE, "", 0);
    return context.redirect(`${context.var.base}/login`, 303);
  });

  routes.post("/theme", async (context) => {
    const { theme, [BACK_FIELD]: back } = await context.req.parseBody();
    const chosen = THEMES.find((known) => known === theme) ?? "auto";
    writeCookie(context, THEME_COOKIE, chosen, THEME_SECONDS);
    return context.redirect(within(context.var.base, back), 303);
  });
  return routes;
}
