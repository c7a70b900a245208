/** @jsxImportSource #jsx */
import type { Child } from "hono/jsx";
import { figure } from "./figure.ts";

/** How things are: `calm` says nothing about it. */
export type Tone = "calm" | "good" | "warn" | "bad";

/** A part of a page under its own heading. With `live`, it renews itself every so many seconds, where scripts run. */
export function Panel(props: { id: string; title: string; aside?: Child; live?: number; children: Child }) {
  const { id, title, aside, live, children } = props;
  return (
    <section id={id} class="panel" aria-labelledby={`${id}-title`} data-live={live}>
      <header>
        <h2 id={`${id}-title`}>{title}</h2>
        {aside ? <div class="aside">{aside}</div> : null}
      </header>
      {children}
    </section>
  );
}

/** Figures side by side. */
export function Stats({ children }: { children: Child }) {
  return <dl class="stats">{children}</dl>;
}

/** One figure, and what it counts. */
export function Stat(props: { label: string; value: number | string; detail?: Child; tone?: Tone }) {
  const { label, value, detail, tone = "calm" } = props;
  return (
    <div class={`stat ${tone}`}>
      <dt>{label}</dt>
      <dd>
        <strong>{typeof value === "number" ? figure(value) : value}</strong>
        {detail ? <small>{detail}</small> : null}
      </dd>
    </div>
  );
}

/** A state in a word. The word says it; the colour only repeats it. */
export function Badge({ tone, children }: { tone: Tone; children: Child }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

/** What stands where there is nothing, with what to do next. */
export function EmptyState({ title, children }: { title: string; children: Child }) {
  return (
    <div class="empty">
      <p class="heading">{title}</p>
      <p>{children}</p>
    </div>
  );
}

/** What a person should know before the rest: a failure, a success. Read out as it appears. */
export function Notice({ tone, children }: { tone: Tone; children: Child }) {
  return (
    <p class={`notice ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      {children}
    </p>
  );
}

/** An instant. Scripts show it in the viewer's zone, with UTC on hover; without them it is UTC. */
export function Time({ at }: { at: Date | string | number }) {
  const iso = new Date(at).toISOString();
  return <time datetime={iso}>{`${iso.slice(0, 19).replace("T", " ")} UTC`}</time>;
}

/** Something to read as it is, and to copy where scripts run. */
export function Code({ label, text }: { label: string; text: string }) {
  return (
    <figure class="code" data-copy>
      <figcaption>{label}</figcaption>
      <pre tabindex={0} aria-label={label}>
        <code>{text}</code>
      </pre>
    </figure>
  );
}

/** To the pages beside this one; nothing when there are none. */
export function Pager({ newer, older }: { newer: string | null; older: string | null }) {
  if (newer === null && older === null) return null;
  return (
    <nav class="pager" aria-label="Pages">
      {newer === null ? <span /> : <a href={newer}>← Newer</a>}
      {older === null ? <span /> : <a href={older}>Older →</a>}
    </nav>
  );
}
