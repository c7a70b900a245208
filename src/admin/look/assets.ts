import { script, scriptFile, style, styleFile } from "#admin-assets";
import { Hono } from "hono";
import type { AdminBindings } from "../bindings.ts";
import { unpack } from "../unpack.ts";

const FOR_GOOD = "public, max-age=31536000, immutable";

/** Paths below the admin of its script and style. Their names hold a hash of their content. */
export const SCRIPT_PATH = `/assets/${scriptFile}`;
export const STYLE_PATH = `/assets/${styleFile}`;

/** The script and the style of all pages. Nobody needs to log in for them: the login page has them too. */
export function createAssetRoutes(): Hono<AdminBindings> {
  const routes = new Hono<AdminBindings>();
  const serve = (path: string, type: string, packed: string) =>
    routes.get(path, (context) =>
      context.body(unpack(packed), 200, {
        "Content-Type": `${type}; charset=utf-8`,
        "Cache-Control": FOR_GOOD,
      }),
    );
  serve(SCRIPT_PATH, "text/javascript", script);
  serve(STYLE_PATH, "text/css", style);
  routes.all("/assets/*", (context) => context.text("there is no such file: load the page again\n", 404));
  return routes;
}
