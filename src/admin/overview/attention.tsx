/** @jsxImportSource #jsx */
import type { Child } from "hono/jsx";
import type { DestinationTotals } from "../../accounts/read.ts";
import { Table } from "../look/table.tsx";
import { Badge, EmptyState, Time, type Tone } from "../look/parts.tsx";
import type { DescribedApp } from "../shown-apps.ts";

/** What is worst comes first. */
const URGENCY = ["disabled", "pending", "needs configuration"] as const;
const TONES: Readonly<Record<(typeof URGENCY)[number], Tone>> = {
  disabled: "bad",
  pending: "warn",
  "needs configuration": "warn",
};

/** Apps that do not do what `apps.json` or an admin wants of them; those that were switched off on purpose are left out. */
export function needingAttention(apps: readonly DescribedApp[]): DescribedApp[] {
  const urgencyOf = ({ state }: DescribedApp) => URGENCY.findIndex((known) => known === state);
  return apps
    .filter((app) => urgencyOf(app) >= 0 && (app.enabled || app.state === "needs configuration"))
    .toSorted((a, b) => urgencyOf(a) - urgencyOf(b));
}

/** Apps that did not get ready, then destinations that gave events up within the last day. */
export function Attention(props: {
  apps: readonly DescribedApp[];
  destinations: readonly DestinationTotals[];
}) {
  const { apps, destinations } = props;
  const troubled = needingAttention(apps);
  const losing = destinations.filter(({ dead }) => dead > 0);
  if (troubled.length + losing.length > 0) {
    return (
      <Table
        caption="What needs attention"
        columns={[
          { label: "What" },
          { label: "State" },
          { label: "Why", prose: true },
          { label: "When" },
          { label: "Project" },
        ]}
        rows={[...troubled.map(rowOfApp), ...losing.map(rowOfDestination)]}
      />
    );
  }
  if (apps.length === 0) {
    return (
      <EmptyState title="No app runs yet">
        Put one into <code>plugins/</code> and list it in <code>plugins/apps.json</code>; events pass through
        as they are meanwhile.
      </EmptyState>
    );
  }
  const running = apps.filter(({ state }) => state === "running").length;
  return <EmptyState title="Nothing to do">{`All is well. Apps running: ${running}.`}</EmptyState>;
}

function rowOfApp(app: DescribedApp): Child[] {
  return [
    <>
      {app.name}
      <small>{app.plugin}</small>
    </>,
    <Badge tone={TONES[app.state as keyof typeof TONES] ?? "calm"}>{app.state}</Badge>,
    "why" in app ? app.why : "",
    <When app={app} />,
    <code>{app.project}</code>,
  ];
}

function rowOfDestination({ plugin, hook, dead }: DestinationTotals): Child[] {
  return [
    <>
      {plugin ?? "PostHog"}
      {plugin === undefined ? null : <small>{hook}</small>}
    </>,
    <Badge tone="bad">dead letters</Badge>,
    `${dead.toLocaleString("en")} events were given up; they are kept for 30 days`,
    "within the last day",
    "",
  ];
}

function When({ app }: { app: DescribedApp }) {
  if ("since" in app && app.since) {
    return (
      <>
        since <Time at={app.since} />
      </>
    );
  }
  if ("nextAttemptAt" in app && app.nextAttemptAt) {
    return (
      <>
        again at <Time at={app.nextAttemptAt} />
      </>
    );
  }
  return null;
}
