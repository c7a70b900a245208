import type { Context } from "hono";
import type { Visitor } from "../access/sessions.ts";
import type { AdminBindings } from "../bindings.ts";
import { readCookie } from "../access/cookies.ts";

export const THEMES = ["auto", "light", "dark"] as const;
/** `auto` follows the browser. */
export type Theme = (typeof THEMES)[number];

export const THEME_COOKIE = "edgehog_theme";

/** What the layout of a page needs to know besides the page. */
export interface Frame {
  /** Where the admin is; links begin with it. */
  base: string;
  /** The page's own path and query, to come back to. */
  here: string;
  nonce: string;
  theme: Theme;
  /** Null on the login page. */
  visitor: Visitor | null;
  /** What forms carry to show that a page of this session made them. */
  proof: string;
}

export function frameOf(context: Context<AdminBindings>, visitor: Visitor | null, proof: string): Frame {
  const { pathname, search } = new URL(context.req.url);
  const theme = readCookie(context, THEME_COOKIE);
  return {
    base: context.var.base,
    here: pathname + search,
    nonce: context.var.nonce,
    theme: THEMES.find((known) => known === theme) ?? "auto",
    visitor,
    proof,
  };
}

/** A path to go on to, if it lies within the admin; else its first page. */
export function within(base: string, path: unknown): string {
  const inside = typeof path === "string" && (path === base || /^[/?]/.test(path.slice(base.length)));
  // Browsers read a backslash as a slash, and drop tabs and line ends.
  const isPlain = inside && path.startsWith(base) && !/[\\\s]/.test(path) && !path.includes("//");
  return isPlain ? path : base;
}
