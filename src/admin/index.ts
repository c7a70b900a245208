import { Hono } from "hono";
import type { Settings } from "../settings.ts";
import { createAttempts } from "./access/attempts.ts";
import { createLogin } from "./access/login.tsx";
import { createSessions } from "./access/sessions.ts";
import { type ActionsOptions, createActions } from "./actions.ts";
import { type AdminApiOptions, createAdminApi } from "./api.ts";
import type { AdminBindings } from "./bindings.ts";
import { createAssetRoutes } from "./look/assets.ts";
import { secureHeaders } from "./look/headers.ts";
import { createPages, type PagesOptions } from "./pages.tsx";

export interface AdminOptions
  extends
    Omit<AdminApiOptions, "tokens" | "attempts" | "actions">,
    Omit<PagesOptions, "sessions" | "actions">,
    ActionsOptions {
  settings: Settings;
  randomBytes: (count: number) => Uint8Array;
}

/** `/admin`: its API for scripts, by token, and its pages for people, by session. Mount it there. */
export function createAdmin(options: AdminOptions): Hono<AdminBindings> {
  const { settings, store, now, randomBytes } = options;
  const { adminTokens: tokens, publicUrl, pathPrefix } = settings;
  const attempts = createAttempts(store, now);
  const sessions = createSessions(tokens, now);
  const actions = createActions(options);
  const prefixed = `${pathPrefix}/admin`;

  const admin = new Hono<AdminBindings>();
  admin.use(secureHeaders(randomBytes));
  admin.use(async (context, next) => {
    const isBelowPrefix = new URL(context.req.url).pathname.startsWith(prefixed);
    context.set("base", isBelowPrefix ? prefixed : "/admin");
    await next();
  });
  admin.route("/api", createAdminApi({ ...options, tokens, attempts, actions }));
  admin.route("/", createAssetRoutes());
  admin.route("/", createLogin({ tokens, sessions, attempts, publicUrl, randomBytes }));
  admin.route("/", createPages({ ...options, sessions, actions }));
  return admin;
}
