/** @jsxImportSource #jsx */
import { Hono } from "hono";
import { type Activity, readActivity } from "../../accounts/activity.ts";
import type { Mask } from "../../logs/mask.ts";
import type { Projects } from "../../projects.ts";
import type { Settings } from "../../settings.ts";
import type { Store } from "../../store.ts";
import type { Actions } from "../actions.ts";
import type { AdminBindings } from "../bindings.ts";
import { answerPage } from "../look/page.tsx";
import { waitingLetters } from "../letters/waiting.ts";
import { Notice, Panel, Stat, Stats, type Tone } from "../look/parts.tsx";
import { ProjectFilter } from "../look/project-filter.tsx";
import { Attention } from "./attention.tsx";
import { type Health, probeHealth } from "./health.ts";
import { Destinations, Outcomes, Rates } from "./traffic.tsx";

/** Each costs two requests to Redis. */
const MAX_PROJECTS_SHOWN = 20;
const RENEWED_EVERY_SECONDS = 60;

export interface OverviewOptions {
  actions: Actions;
  settings: Settings;
  projects: Projects;
  store: Store;
  fetch: typeof fetch;
  now: () => Date;
  writeFault: (message: string) => void;
  mask: Mask;
}

/** `GET /`: whether all is well, and what to do where it is not. Shown as far as it goes while Redis is away. */
export function createOverview(options: OverviewOptions): Hono<AdminBindings> {
  const { store, projects, now } = options;
  const { shown, destinations } = options.actions;
  const routes = new Hono<AdminBindings>();

  routes.get("/", async (context) => {
    const asked = context.req.query("project") ?? "";
    const listed = await projects.list().catch(() => []);
    const wanted = asked === "" ? listed : listed.filter((project) => project === asked);
    const selected = wanted.slice(0, MAX_PROJECTS_SHOWN);
    const waitUntil = (promise: Promise<unknown>) => context.env.waitUntil(promise);
    const [health, activity, apps, troubled, letters] = await Promise.all([
      probeHealth(options),
      readActivity(store, selected, now().getTime()).catch(() => null),
      Promise.all(selected.map((project) => shown.of(project, waitUntil))),
      Promise.all(selected.map((project) => destinations.troubled(project).catch(() => []))),
      Promise.all(selected.map((project) => waitingLetters(store, project, now().getTime()).catch(() => []))),
    ]);
    return answerPage(context, {
      title: "Overview",
      section: "overview",
      aside: <ProjectFilter projects={projects} listed={listed} selected={asked} all="All projects" />,
      children: (
        <>
          {wanted.length > selected.length ? (
            <Notice tone="warn">{`Only ${selected.length} of ${wanted.length} projects are added up here: select one to see it.`}</Notice>
          ) : null}
          {asked !== "" && wanted.length === 0 ? (
            <Notice tone="warn">{`The project ${asked} is not served here, or has sent nothing within a day.`}</Notice>
          ) : null}
          <Panel id="health" title="Health" live={RENEWED_EVERY_SECONDS}>
            <HealthStats health={health} />
          </Panel>
          <Panel id="attention" title="Needs attention" live={RENEWED_EVERY_SECONDS}>
            <Attention
              base={context.var.base}
              apps={apps.flat()}
              destinations={troubled.flat()}
              letters={letters.flat()}
              projects={activity?.projects ?? []}
            />
          </Panel>
          <Traffic base={context.var.base} activity={activity} />
        </>
      ),
    });
  });
  return routes;
}

function Traffic({ base, activity }: { base: string; activity: Activity | null }) {
  if (activity === null) {
    return (
      <Panel id="traffic" title="Last 24 hours" live={RENEWED_EVERY_SECONDS}>
        <Notice tone="bad">
          The counts are in Redis, which does not answer. Events go on being taken and delivered.
        </Notice>
      </Panel>
    );
  }
  return (
    <>
      <Panel id="traffic" title="Last 24 hours" live={RENEWED_EVERY_SECONDS}>
        <Outcomes activity={activity} />
        <Rates activity={activity} />
      </Panel>
      <Panel
        id="destinations"
        title="Destinations"
        aside={
          <>
            within the last 24 hours <a href={`${base}/destinations`}>How they do now</a>
          </>
        }
        live={RENEWED_EVERY_SECONDS}
      >
        <Destinations activity={activity} />
      </Panel>
    </>
  );
}

const SHOWN: Readonly<Record<Health["state"], { word: string; tone: Tone }>> = {
  up: { word: "Up", tone: "good" },
  down: { word: "Down", tone: "bad" },
  unset: { word: "Not set", tone: "calm" },
};

function HealthStats({ health }: { health: readonly Health[] }) {
  return (
    <Stats>
      {health.map(({ name, state, detail }) => (
        <Stat label={name} value={SHOWN[state].word} detail={detail} tone={SHOWN[state].tone} />
      ))}
    </Stats>
  );
}
