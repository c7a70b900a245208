import type { Visitor } from "./access/sessions.ts";
import type { Frame } from "./look/frame.ts";

/** What admin routes need of the platform for each request, and what middleware finds out before them. */
export interface AdminBindings {
  Bindings: {
    client: { ip: string | null };
    waitUntil: (promise: Promise<unknown>) => void;
  };
  Variables: {
    /** Where the admin is: `/admin`, below `PATH_PREFIX` if it was asked for there. */
    base: string;
    /** Names the scripts and styles that this answer may use. */
    nonce: string;
    /** Who asks; set before any route but the login's. */
    visitor: Visitor;
    /** What the layout of a page needs; set for pages. */
    frame: Frame;
  };
}
