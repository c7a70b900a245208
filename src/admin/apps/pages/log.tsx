/** @jsxImportSource #jsx */
import { LOG_LEVELS, type LogLevel } from "../../../apps/log.ts";
import type { LogPage } from "../../../logs/read.ts";
import { FilterForm, SelectField, TextField, Hidden } from "../../look/form.tsx";
import { Badge, EmptyState, Notice, Pager, Panel, Time, type Tone } from "../../look/parts.tsx";
import type { DescribedApp } from "../../shown-apps.ts";

const FOLLOWED_EVERY_SECONDS = 3;

/** A part of an app's log, and how it was asked for. */
export interface ShownLog {
  /** Null while Redis does not answer. */
  page: LogPage | null;
  level: LogLevel;
  search: string;
  follow: boolean;
  /** The page's query without a cursor, to build links from. */
  query: URLSearchParams;
}

const TONES: Readonly<Record<LogLevel, Tone>> = {
  DEBUG: "calm",
  LOG: "calm",
  INFO: "calm",
  WARN: "warn",
  ERROR: "bad",
};

/** An app's log, newest first, by level and words. Followed where scripts run; without, the button shows what is new. */
export function AppLogPanel({ app, log }: { app: DescribedApp; log: ShownLog }) {
  const { page, level, search, follow, query } = log;
  const filter = (
    <FilterForm label="Log">
      <Hidden name="project" value={app.project} />
      <SelectField
        name="level"
        label="From level"
        value={level}
        options={LOG_LEVELS.map((name) => ({ value: name, label: name }))}
      />
      <TextField name="search" label="Search" type="search" value={search} />
      <label class="check">
        <input type="checkbox" name="follow" value="1" checked={follow} /> Follow
      </label>
    </FilterForm>
  );
  return (
    <section class="panel" aria-labelledby="log-title">
      <header>
        <h2 id="log-title">Log</h2>
        <div class="aside">{filter}</div>
      </header>
      <Panel id="entries" title="Entries" {...(follow ? { live: FOLLOWED_EVERY_SECONDS } : {})}>
        <Entries page={page} />
        <Pager newer={null} older={page?.cursor ? `?${withCursor(query, page.cursor)}#log-title` : null} />
      </Panel>
    </section>
  );
}

function Entries({ page }: { page: LogPage | null }) {
  if (page === null) return <Notice tone="bad">The log is in Redis, which does not answer.</Notice>;
  if (page.entries.length === 0) {
    return (
      <EmptyState title="No entries">
        What the app logs and throws appears here within seconds, and stays for 7 days.
      </EmptyState>
    );
  }
  return (
    <ol class="log">
      {page.entries.map(({ timestamp, level, hook, message }) => (
        <li>
          <Time at={timestamp} />
          <Badge tone={TONES[level]}>{level}</Badge>
          <code class="quiet">{hook ?? ""}</code>
          <pre>{message}</pre>
        </li>
      ))}
    </ol>
  );
}

function withCursor(query: URLSearchParams, cursor: string): URLSearchParams {
  const next = new URLSearchParams(query);
  next.set("cursor", cursor);
  return next;
}
