/** @jsxImportSource #jsx */
import { Hono } from "hono";
import type { Projects } from "../../projects.ts";
import { byOf } from "../apps/index.ts";
import { pathOf } from "../apps/pages/paths.ts";
import type { AdminBindings } from "../bindings.ts";
import { PostForm, Hidden } from "../look/form.tsx";
import type { Frame } from "../look/frame.ts";
import { answerPage } from "../look/page.tsx";
import { Badge, EmptyState, Notice, Panel, Time, type Tone } from "../look/parts.tsx";
import { ProjectFilter } from "../look/project-filter.tsx";
import { Table } from "../look/table.tsx";
import type { ShownApps } from "../shown-apps.ts";
import { type DescribedDestination, type Destinations, MAX_PROJECTS_SHOWN } from "./index.ts";
import { figure } from "../look/figure.ts";

const RENEWED_EVERY_SECONDS = 30;

/** `/destinations`: where events go, how that does, and a button to go on with one that a person has mended. */
export function createDestinationsPage(options: {
  projects: Projects;
  shown: ShownApps;
  destinations: Destinations;
}): Hono<AdminBindings> {
  const { projects, shown, destinations } = options;
  const routes = new Hono<AdminBindings>();

  routes.get("/destinations", async (context) => {
    const { project: asked = "", resumed } = context.req.query();
    const listed = await projects.list();
    const wanted = asked === "" ? listed : [asked].filter(projects.serves);
    const selected = wanted.slice(0, MAX_PROJECTS_SHOWN);
    await Promise.all(selected.map((project) => shown.of(project, byOf(context).waitUntil)));
    const told = await Promise.all(selected.map(destinations.of));
    return answerPage(context, {
      title: "Destinations",
      section: "destinations",
      aside: <ProjectFilter projects={projects} listed={listed} selected={asked} all="All projects" />,
      children: (
        <>
          {resumed === undefined ? null : (
            <Notice tone="good">Taken for mended: what waited comes at 10 messages a second.</Notice>
          )}
          {wanted.length > selected.length ? (
            <Notice tone="warn">{`Only those of ${selected.length} of ${wanted.length} projects are shown: select one to see its.`}</Notice>
          ) : null}
          <Panel
            id="destinations"
            title="Where events go"
            aside="failures in a row, and messages that wait; one that is down is probed with these"
            live={RENEWED_EVERY_SECONDS}
          >
            <DestinationTable frame={context.var.frame} destinations={told.flat()} />
          </Panel>
        </>
      ),
    });
  });

  routes.post("/destinations", async (context) => {
    const { project, hook, plugin } = await context.req.parseBody<Record<string, string>>();
    const served = [project ?? ""].filter(projects.serves);
    const [found] = destinations.named(served, hook ?? "", plugin);
    if (!found) {
      const children = <Notice tone="bad">It is not a destination any more: its app was disabled.</Notice>;
      return answerPage(context, { title: "Not done", section: "destinations", children }, 404);
    }
    await destinations.resume(found, context.var.visitor.name);
    const query = new URLSearchParams({ project: found.project, resumed: "1" });
    return context.redirect(`${context.var.base}/destinations?${query.toString()}`, 303);
  });
  return routes;
}

function DestinationTable(props: { frame: Frame; destinations: readonly DescribedDestination[] }) {
  const { frame, destinations } = props;
  if (destinations.length === 0) {
    return (
      <EmptyState title="Events go nowhere">
        Set <code>POSTHOG_HOST</code>, or enable an app that exports events.
      </EmptyState>
    );
  }
  const mayChange = frame.visitor?.access === "full";
  const isOneProject = new Set(destinations.map(({ project }) => project)).size === 1;
  return (
    <Table
      caption="Destinations"
      columns={[
        { label: "Destination" },
        { label: "State" },
        { label: "Failures", numeric: true },
        { label: "Waiting", numeric: true },
        { label: "Error", prose: true },
        { label: "" },
      ]}
      rows={destinations.map((destination) => [
        <>
          <DestinationName base={frame.base} destination={destination} />
          {isOneProject ? null : <small>{destination.project}</small>}
        </>,
        <State destination={destination} />,
        <span class={destination.failures > 0 ? "fault" : "quiet"}>{destination.failures}</span>,
        <Waiting destination={destination} />,
        destination.error ?? "",
        mayChange && destination.state !== "closed" ? <Resume frame={frame} destination={destination} /> : "",
      ])}
    />
  );
}

/** A hook of an app, with a way to the app, or PostHog. */
export function DestinationName(props: {
  base: string;
  destination: Pick<DescribedDestination, "project" | "plugin" | "hook">;
}) {
  const { project, plugin, hook } = props.destination;
  if (plugin === undefined) return <>PostHog</>;
  return (
    <>
      <a href={props.base + pathOf({ project, plugin })}>{plugin}</a>
      <small>{hook}</small>
    </>
  );
}

/** The breaker's states, in the words of those who wait for it. */
export const STATES: Readonly<Record<DescribedDestination["state"], { word: string; tone: Tone }>> = {
  closed: { word: "in use", tone: "good" },
  open: { word: "down, probed", tone: "bad" },
  parked: { word: "parked, waits for you", tone: "bad" },
};

function State({ destination }: { destination: DescribedDestination }) {
  const { since, probeAt } = destination;
  const { word, tone } = wordFor(destination);
  return (
    <>
      <Badge tone={tone}>{word}</Badge>
      {since === undefined ? null : (
        <small>
          since <Time at={since} />
        </small>
      )}
      {probeAt === undefined ? null : (
        <small>
          probed again at <Time at={probeAt} />
        </small>
      )}
    </>
  );
}

function Waiting({ destination: { state, waiting = null } }: { destination: DescribedDestination }) {
  if (state === "closed") return null;
  return <>{waiting === null ? "unknown" : figure(waiting)}</>;
}

function wordFor({ state, failures, app }: DescribedDestination): { word: string; tone: Tone } {
  if (state !== "closed") return STATES[state];
  if (app && app !== "running") return { word: `its app is ${app}`, tone: "warn" };
  return failures > 0 ? { word: "failing", tone: "warn" } : STATES.closed;
}

function Resume({ frame, destination }: { frame: Frame; destination: DescribedDestination }) {
  const { project, hook, plugin } = destination;
  return (
    <PostForm frame={frame} action="/destinations" label={`Resume ${plugin ?? "PostHog"}`}>
      {Object.entries({ project, hook, ...(plugin === undefined ? {} : { plugin }) }).map(([name, value]) => (
        <Hidden name={name} value={value} />
      ))}
      <button title="What waits comes at once, at 10 messages a second">Resume</button>
    </PostForm>
  );
}
