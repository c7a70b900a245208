/** @jsxImportSource #jsx */
import { expect, test } from "vitest";
import { Chart } from "./chart.tsx";
import { Diff } from "./diff.tsx";
import { FilterForm, PostForm, SelectField, TextArea, TextField } from "./form.tsx";
import type { Frame } from "./frame.ts";
import { Page } from "./page.tsx";
import { Badge, Code, EmptyState, Notice, Pager, Panel, Stat, Stats, Time } from "./parts.tsx";
import { Table } from "./table.tsx";

/** What would run, or end an attribute, an element, a script or a style, if it were not escaped. */
const HOSTILE = `"'><script>alert(1)</script><img src=x onerror=alert(1)></textarea></title></style>`;

const frame: Frame = {
  base: "/admin",
  here: `/admin?${HOSTILE}`,
  nonce: "n",
  theme: "auto",
  visitor: { name: HOSTILE, access: "read" },
  proof: HOSTILE,
};

test("escapes hostile text in every place of every component", () => {
  const field = { name: HOSTILE, label: HOSTILE, hint: HOSTILE, fault: HOSTILE };
  const html = (
    <Page frame={frame} title={HOSTILE} section={null} aside={HOSTILE}>
      <Notice tone="bad">{HOSTILE}</Notice>
      <Panel id={HOSTILE} title={HOSTILE} aside={HOSTILE}>
        <Stats>
          <Stat label={HOSTILE} value={HOSTILE} detail={HOSTILE} />
        </Stats>
        <Badge tone="warn">{HOSTILE}</Badge>
        <Table caption={HOSTILE} columns={[{ label: HOSTILE }]} rows={[[HOSTILE, HOSTILE]]} />
        <EmptyState title={HOSTILE}>{HOSTILE}</EmptyState>
        <Code label={HOSTILE} text={HOSTILE} />
        <Pager newer={`?cursor=${HOSTILE}`} older={null} />
        <Diff label={HOSTILE} before={{ [HOSTILE]: HOSTILE }} after={HOSTILE} />
        <Chart id={HOSTILE} title={HOSTILE} description={HOSTILE} bars={[{ at: new Date(0), value: 1 }]} />
      </Panel>
      <FilterForm label={HOSTILE}>
        <SelectField {...field} value={HOSTILE} options={[{ value: HOSTILE, label: HOSTILE }]} />
      </FilterForm>
      <PostForm frame={frame} action={`/${HOSTILE}`} label={HOSTILE}>
        <TextField {...field} value={HOSTILE} placeholder={HOSTILE} />
        <TextArea {...field} value={HOSTILE} />
      </PostForm>
    </Page>
  ).toString();
  expect(html).not.toMatch(/<script>|<img|<\/textarea><\/title>/);
  // Quotes within an attribute would end it.
  expect(html.match(/="[^"]*"/g)?.some((attribute) => attribute.includes("<script"))).toBe(false);
  expect(html).toContain("&lt;script&gt;alert(1)");
  expect(html).not.toMatch(/\sstyle=|\son\w+="/);
});

test("shows a time as UTC, for those without scripts", () => {
  const html = (<Time at="2036-03-01T10:00:05.123Z" />).toString();
  expect(html).toBe('<time datetime="2036-03-01T10:00:05.123Z">2036-03-01 10:00:05 UTC</time>');
});

test("says a chart's figures in words, and draws none for no events", () => {
  const bars = [0, 12].map((value, hour) => ({ at: new Date(Date.UTC(2036, 2, 1, hour)), value }));
  const html = (<Chart id="c" title="Events in" description="12 in all" bars={bars} />).toString();
  expect(html).toContain('role="img"');
  expect(html).toContain("Events in</title>");
  expect(html).toContain("12 in all</desc>");
  expect(html).toContain("12 from 01:00 UTC on");
  expect((<Chart id="c" title="t" description="d" bars={[]} />).toString()).not.toContain("NaN");
});
