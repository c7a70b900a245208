/** @jsxImportSource #jsx */
import { Hono } from "hono";
import { createSessionRoutes, requireSession } from "./access/session-guard.tsx";
import type { Sessions } from "./access/sessions.ts";
import type { Actions } from "./actions.ts";
import type { AdminBindings } from "./bindings.ts";
import { type AppPagesOptions, createAppPages } from "./apps/pages/index.tsx";
import { createAuditPage } from "./audit-page.tsx";
import { createDestinationsPage } from "./destinations/page.tsx";
import { createEventPages, type EventPagesOptions } from "./events/index.tsx";
import { Refused } from "./faults.ts";
import { createLetterPages, type LetterPagesOptions } from "./letters/index.tsx";
import { answerPage } from "./look/page.tsx";
import { EmptyState, Notice } from "./look/parts.tsx";
import { createOverview, type OverviewOptions } from "./overview/index.tsx";
import { createProjectsPage, type ProjectsPageOptions } from "./projects/index.tsx";

export interface PagesOptions
  extends
    OverviewOptions,
    ProjectsPageOptions,
    AppPagesOptions,
    EventPagesOptions,
    Omit<LetterPagesOptions, "audit"> {
  sessions: Sessions;
  actions: Actions;
}

/** All pages behind the login. What goes wrong in one is told within the layout. */
export function createPages(options: PagesOptions): Hono<AdminBindings> {
  const pages = new Hono<AdminBindings>();
  pages.use(requireSession(options.sessions, options.settings.publicUrl));
  pages.route("/", createSessionRoutes());
  pages.route("/", createOverview(options));
  pages.route("/", createAppPages(options));
  pages.route("/", createEventPages(options));
  pages.route("/", createDestinationsPage({ ...options, ...options.actions }));
  pages.route("/", createLetterPages({ ...options, audit: options.actions.audit }));
  pages.route("/", createAuditPage(options.actions.audit));
  pages.route("/", createProjectsPage(options));

  pages.all("*", (context) =>
    answerPage(
      context,
      {
        title: "There is no such page",
        section: null,
        children: (
          <EmptyState title={context.req.path}>
            Go on from the <a href={context.var.base}>overview</a>.
          </EmptyState>
        ),
      },
      404,
    ),
  );
  pages.onError((error, context) => {
    if (error instanceof Refused) {
      const children = <Notice tone="bad">{error.message}</Notice>;
      return answerPage(context, { title: "Not done", section: null, children }, error.status);
    }
    options.writeFault(`${context.req.method} ${context.req.path}: ${error.stack ?? error}`);
    const children = (
      <Notice tone="bad">
        Not shown: {options.mask(error.message)}. Load the page again; if that does not help, see the
        gateway's log.
      </Notice>
    );
    return answerPage(context, { title: "Something went wrong", section: null, children }, 503);
  });
  return pages;
}
