/** @jsxImportSource #jsx */
import type { Child } from "hono/jsx";
import type { ProjectActivity } from "../../accounts/activity.ts";
import { activityOf } from "../../accounts/app-activity.ts";
import { stateOf } from "../apps/app-health.ts";
import { pathOf } from "../apps/pages/paths.ts";
import type { DescribedDestination } from "../destinations/index.ts";
import { DestinationName, STATES } from "../destinations/page.tsx";
import { Badge, EmptyState, Time, type Tone } from "../look/parts.tsx";
import { shortened } from "../look/shorten.ts";
import { Table } from "../look/table.tsx";
import { lettersPath, type WaitingLetters } from "../letters/waiting.ts";
import type { DescribedApp } from "../shown-apps.ts";
import { figure } from "../look/figure.ts";
import { inProject } from "../look/in-project.ts";

/** What is worst comes first. */
const URGENCY = ["disabled", "destination", "dead letters", "degraded", "pending", "needs configuration"];

/** Something that a person should look at. */
interface Concern {
  urgency: (typeof URGENCY)[number];
  what: Child;
  state: string;
  tone: Tone;
  why: Child;
  when: Child;
  project: string;
}

export interface AttentionProps {
  base: string;
  apps: readonly DescribedApp[];
  /** Those that are not in use. */
  destinations: readonly DescribedDestination[];
  letters: readonly WaitingLetters[];
  projects: readonly ProjectActivity[];
}

/** Apps that do not do what is wanted of them, destinations that are down, and what waits as dead letters. */
export function Attention(props: AttentionProps) {
  const { base, apps, destinations, letters, projects } = props;
  const concerns = [
    ...apps.flatMap((app) => concernsOfApp(base, app, projects)),
    ...destinations.map((destination) => concernOfDestination(base, destination)),
    ...letters.map((waiting) => concernOfLetters(base, waiting)),
  ].toSorted((a, b) => URGENCY.indexOf(a.urgency) - URGENCY.indexOf(b.urgency));
  if (concerns.length > 0) {
    return (
      <Table
        caption="What needs attention"
        columns={[
          { label: "What" },
          { label: "State" },
          { label: "Why", prose: true },
          { label: "When", line: true },
          { label: "Project" },
        ]}
        rows={concerns.map(({ what, state, tone, why, when, project }) => [
          what,
          <Badge tone={tone}>{state}</Badge>,
          why,
          when,
          <code>{project}</code>,
        ])}
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

/** One at most. Apps that were switched off on purpose are left out. */
function concernsOfApp(base: string, app: DescribedApp, projects: readonly ProjectActivity[]): Concern[] {
  const recent = projects.find(({ project }) => project === app.project)?.recent;
  const { state, why } = stateOf(app, recent ? activityOf(recent, app.plugin) : []);
  const isWanted = app.enabled || state === "needs configuration";
  if (!isWanted || !URGENCY.includes(state)) return [];
  const what = (
    <>
      <a href={base + pathOf(app)}>{app.name}</a>
      <small>{app.plugin}</small>
    </>
  );
  const tone = state === "disabled" ? "bad" : "warn";
  return [{ urgency: state, what, state, tone, why, when: <When app={app} />, project: app.project }];
}

function concernOfDestination(base: string, destination: DescribedDestination): Concern {
  const { project, state, error = "", since } = destination;
  const { word, tone } = STATES[state];
  return {
    urgency: "destination",
    what: <DestinationName base={base} destination={destination} />,
    state: word,
    tone,
    why: (
      <>
        {error} <a href={inProject(`${base}/destinations`, project)}>Look and resume</a>
      </>
    ),
    when: since === undefined ? "" : <Since at={since} />,
    project,
  };
}

function concernOfLetters(base: string, { count, latest }: WaitingLetters): Concern {
  const { letters, events, project } = count;
  return {
    urgency: "dead letters",
    what: <DestinationName base={base} destination={count} />,
    state: figure(letters, "dead letter"),
    tone: "bad",
    why: (
      <>
        {events > 0 ? `${figure(events, "event")}. ` : null}
        {latest && `The latest: ${shortened(latest.error)} `}
        <a href={base + lettersPath(count)}>Look and replay</a>
      </>
    ),
    when: latest && (
      <>
        last <Time at={latest.lastAt} />
      </>
    ),
    project,
  };
}

function When({ app }: { app: DescribedApp }) {
  if ("since" in app && app.since) return <Since at={app.since} />;
  if ("nextAttemptAt" in app && app.nextAttemptAt) {
    return (
      <>
        again at <Time at={app.nextAttemptAt} />
      </>
    );
  }
  return null;
}

function Since({ at }: { at: string }) {
  return (
    <>
      since <Time at={at} />
    </>
  );
}
