/** @jsxImportSource #jsx */
import { Hono } from "hono";
import { pathOf } from "./apps/pages/paths.ts";
import type { Audit, AuditEntry } from "./audit.ts";
import type { AdminBindings } from "./bindings.ts";
import { answerPage } from "./look/page.tsx";
import { EmptyState, Pager, Time } from "./look/parts.tsx";
import { Table } from "./look/table.tsx";

const ENTRIES_PER_PAGE = 50;

/** `GET /audit`: who did what here, and when. */
export function createAuditPage(audit: Audit): Hono<AdminBindings> {
  const routes = new Hono<AdminBindings>();
  routes.get("/audit", async (context) => {
    const asked = Number(context.req.query("cursor") ?? 0);
    const from = Number.isSafeInteger(asked) && asked > 0 ? asked : 0;
    const { entries, cursor } = await audit.read({ limit: ENTRIES_PER_PAGE, cursor: from });
    const newer = from === 0 ? null : `?cursor=${Math.max(0, from - ENTRIES_PER_PAGE)}`;
    return answerPage(context, {
      title: "Audit list",
      section: "audit",
      children: (
        <>
          <Entries entries={entries} base={context.var.base} />
          <Pager newer={newer} older={cursor === null ? null : `?cursor=${cursor}`} />
        </>
      ),
    });
  });
  return routes;
}

function Entries({ entries, base }: { entries: readonly AuditEntry[]; base: string }) {
  if (entries.length === 0) {
    return (
      <EmptyState title="Nothing was changed here yet">
        What anyone configures, enables, moves or runs is listed here for a year, with the name of their
        token.
      </EmptyState>
    );
  }
  return (
    <Table
      caption="What was done, newest first"
      columns={[
        { label: "When" },
        { label: "Who" },
        { label: "What" },
        { label: "App" },
        { label: "Details", prose: true },
      ]}
      rows={entries.map(({ at, who, what, plugin, project, replay, details = [] }) => [
        <Time at={at} />,
        who,
        replay === undefined ? what : <a href={`${base}/dead-letters/replays/${replay}`}>{what}</a>,
        plugin && project ? (
          <>
            <a href={base + pathOf({ plugin, project })}>{plugin}</a>
            <small>{project}</small>
          </>
        ) : (
          (project ?? "")
        ),
        details.map((line) => <div>{line}</div>),
      ])}
    />
  );
}
