/** @jsxImportSource #jsx */
import type { Context } from "hono";
import type { Child } from "hono/jsx";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { AdminBindings } from "../bindings.ts";
import { SCRIPT_PATH, STYLE_PATH } from "./assets.ts";
import type { Frame } from "./frame.ts";
import { SPIKES } from "./mark.ts";
import { Nav, type Section } from "./nav.tsx";

export interface PageContent {
  title: string;
  /** Which entry of the navigation this belongs to; null for none. */
  section: Section | null;
  /** Beside the title: a filter, a button. */
  aside?: Child;
  children: Child;
}

/** Answers with a page in the admin's layout. Everything put into it is escaped. */
export function answerPage(
  context: Context<AdminBindings>,
  content: PageContent,
  status: ContentfulStatusCode = 200,
): Response | Promise<Response> {
  return context.html(
    `<!doctype html>${(<Page frame={context.var.frame} {...content} />).toString()}`,
    status,
  );
}

/** A whole document: navigation, title, content. */
export function Page({ frame, title, section, aside, children }: PageContent & { frame: Frame }) {
  return (
    <Document frame={frame} title={title}>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <Nav frame={frame} section={section} />
      <main id="content" tabindex={-1}>
        <header class="title">
          <h1>{title}</h1>
          {aside ? <div class="aside">{aside}</div> : null}
        </header>
        {children}
      </main>
    </Document>
  );
}

/** What every document of the admin begins with; the login page has no more than this around it. */
export function Document({ frame, title, children }: { frame: Frame; title: string; children: Child }) {
  const { base, nonce, theme } = frame;
  return (
    <html lang="en" data-theme={theme}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{title} · Edgehog</title>
        <link rel="icon" href={ICON} />
        <link rel="stylesheet" href={base + STYLE_PATH} nonce={nonce} />
        <script defer src={base + SCRIPT_PATH} nonce={nonce} />
      </head>
      <body>{children}</body>
    </html>
  );
}

const ICON = `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="#b8622b" d="${SPIKES}"/></svg>`)}`;
