/** @jsxImportSource #jsx */
import { Hono } from "hono";
import type { Instances } from "../../apps/instances.ts";
import type { Projects } from "../../projects.ts";
import type { Settings } from "../../settings.ts";
import type { Store } from "../../store.ts";
import type { Stories } from "../../stories/index.ts";
import { findStories, readStory, type ToldStory } from "../../stories/read.ts";
import type { AdminBindings } from "../bindings.ts";
import { FilterForm, TextField, Hidden } from "../look/form.tsx";
import { answerPage } from "../look/page.tsx";
import { EmptyState, Notice, Pager, Panel, Time } from "../look/parts.tsx";
import { ProjectField } from "../look/project-filter.tsx";
import { shortened } from "../look/shorten.ts";
import { Table } from "../look/table.tsx";
import { cursorOf, type EventQuery, eventQuery, filterOf, readCursor } from "./query.ts";
import { StoryPanels } from "./story-page.tsx";
import { Verdict } from "./verdict.tsx";
import { describeFaults, faultsIn } from "../faults.ts";
import { inProject } from "../look/in-project.ts";

const FOLLOWED_EVERY_SECONDS = 3;

export interface EventPagesOptions {
  settings: Settings;
  projects: Projects;
  instances: Instances;
  store: Store;
  stories: Pick<Stories, "write">;
  now: () => Date;
}

/** `GET /events`: recent events and what became of them; `GET /events/:id`: one event's story. */
export function createEventPages(options: EventPagesOptions): Hono<AdminBindings> {
  const { settings, projects, instances, store } = options;
  const routes = new Hono<AdminBindings>();

  routes.get("/events", async (context) => {
    const { follow, ...given } = context.req.query();
    const parsed = eventQuery.safeParse(given);
    const query = parsed.success ? parsed.data : eventQuery.parse({});
    const listed = await projects.list();
    const project = query.project || listed[0];
    const isServed = project !== undefined && projects.serves(project);
    if (isServed) await Promise.all([instances.watch(project), options.stories.write(project)]);
    const { stories, next } = isServed
      ? await findStories(store, {
          project,
          filter: filterOf(query),
          limit: query.limit,
          after: readCursor(query.cursor),
          nowMs: options.now().getTime(),
        })
      : { stories: [], next: null };
    const isFollowing = follow === "1" && query.cursor === undefined;
    const link = (more: Record<string, string>) => linkTo(context.var.base, query, more);
    const isKept = settings.eventSamples === "*" || settings.eventSamples.includes(project ?? "");
    return answerPage(context, {
      title: "Live events",
      section: "events",
      aside: (
        <>
          <a href={context.var.frame.here}>Reload</a>
          <a href={link(isFollowing ? {} : { follow: "1" })}>{isFollowing ? "Stop following" : "Follow"}</a>
        </>
      ),
      children: (
        <>
          {parsed.success ? null : (
            <Notice tone="bad">
              {describeFaults(faultsIn(parsed.error, Object.keys(eventQuery.shape)))}
            </Notice>
          )}
          {project !== undefined && !isServed ? (
            <Notice tone="warn">{`The project ${project} is not served here.`}</Notice>
          ) : null}
          {isKept ? null : <Notice tone="warn">EVENT_SAMPLES keeps no events of this project.</Notice>}
          <Filters
            query={query}
            project={project}
            projects={projects}
            listed={listed}
            isFollowing={isFollowing}
          />
          <Panel
            id="events"
            title="Events"
            aside="all while this page is open, about one request a second otherwise; for an hour"
            {...(isFollowing ? { live: FOLLOWED_EVERY_SECONDS } : {})}
          >
            <EventTable stories={stories} base={context.var.base} />
            <Pager
              newer={query.cursor === undefined ? null : link({})}
              older={next && link({ cursor: cursorOf(next) ?? "" })}
            />
          </Panel>
        </>
      ),
    });
  });

  routes.get("/events/:id", async (context) => {
    const asked = context.req.query("project") ?? "";
    if (projects.serves(asked)) await options.stories.write(asked);
    const story = projects.serves(asked)
      ? await readStory(store, asked, context.req.param("id").toLowerCase())
      : null;
    if (!story) {
      const children = (
        <EmptyState title="There is no such event any more">
          It was not sampled, or newer ones have taken its place: 500 of a project are kept for an hour. Go
          back to the <a href={`${context.var.base}/events`}>live events</a>.
        </EmptyState>
      );
      return answerPage(context, { title: "Event", section: "events", children }, 404);
    }
    const back = inProject(`${context.var.base}/events`, asked);
    return answerPage(context, {
      title: story.event,
      section: "events",
      aside: <a href={back}>← Live events</a>,
      children: <StoryPanels frame={context.var.frame} story={story} />,
    });
  });
  return routes;
}

function Filters(props: {
  query: EventQuery;
  project: string | undefined;
  projects: Projects;
  listed: readonly string[];
  isFollowing: boolean;
}) {
  const { query, project = "", projects, listed, isFollowing } = props;
  return (
    <FilterForm label="Events">
      <ProjectField projects={projects} listed={listed} selected={project} />
      <TextField name="event" label="Event" type="search" value={query.event ?? ""} />
      <TextField name="distinct_id" label="Person" type="search" value={query.distinct_id ?? ""} />
      <TextField name="app" label="App" type="search" value={query.app ?? ""} placeholder="its folder" />
      {isFollowing ? <Hidden name="follow" value="1" /> : null}
    </FilterForm>
  );
}

function EventTable({ stories, base }: { stories: readonly ToldStory[]; base: string }) {
  if (stories.length === 0) {
    return (
      <EmptyState title="No events to show">
        Send one from an SDK and load this page again, or ask for fewer conditions.
      </EmptyState>
    );
  }
  return (
    <Table
      caption="Recent events"
      columns={[
        { label: "Event" },
        { label: "What became of it" },
        { label: "Person" },
        { label: "Changed by", line: true },
        { label: "Arrived" },
      ]}
      rows={stories.map((story) => [
        <a href={inProject(`${base}/events/${story.id}`, story.project)}>
          {story.event === "" ? "(no name)" : shortened(story.event, MAX_CELL_CHARACTERS)}
        </a>,
        <>
          <Verdict story={story} />
          <Failures story={story} />
        </>,
        <code>{shortened(story.distinct_id, MAX_PERSON_CHARACTERS)}</code>,
        shortened(
          story.steps
            .filter(({ outcome }) => outcome === "changed")
            .map(({ plugin }) => plugin)
            .join(", "),
          MAX_CELL_CHARACTERS,
        ),
        <Time at={story.at} />,
      ])}
    />
  );
}

/** So much as leaves the other columns in sight; the event's own page has the whole. */
const MAX_CELL_CHARACTERS = 40;
const MAX_PERSON_CHARACTERS = 18;

function Failures({ story }: { story: ToldStory }) {
  const failed = story.steps.filter(({ outcome }) => outcome === "failed").map(({ app }) => app);
  return failed.length === 0 ? null : <small class="fault">{`${failed.join(", ")} failed`}</small>;
}

function linkTo(base: string, query: EventQuery, more: Record<string, string>): string {
  const { project, event, distinct_id, app } = query;
  const given = Object.entries({ project, event, distinct_id, app, ...more });
  const kept = given.flatMap(([name, value]) => (value ? [[name, value]] : []));
  const search = new URLSearchParams(kept as [string, string][]).toString();
  return `${base}/events${search === "" ? "" : `?${search}`}`;
}
