/** @jsxImportSource #jsx */
import { type Context, Hono } from "hono";
import { LOG_LEVELS } from "../../../apps/log.ts";
import type { Instances } from "../../../apps/instances.ts";
import type { Place } from "../../../apps/place.ts";
import { readLog } from "../../../logs/read.ts";
import { isEntryId } from "../../../logs/stored-entry.ts";
import type { Projects } from "../../../projects.ts";
import type { Store } from "../../../store.ts";
import type { Actions } from "../../actions.ts";
import type { AdminBindings } from "../../bindings.ts";
import { answerPage } from "../../look/page.tsx";
import { Notice, Panel } from "../../look/parts.tsx";
import { ProjectFilter } from "../../look/project-filter.tsx";
import { runnableOf } from "../../run.ts";
import { type AppHealth, readHealth, unknownHealth } from "../app-health.ts";
import { byOf } from "../index.ts";
import { appLetters } from "../../letters/waiting.ts";
import { AppPage, type AppPageProps } from "./app.tsx";
import { FileForms } from "./file-forms.tsx";
import { createFormRoutes } from "./forms.tsx";
import { AppTable } from "./list.tsx";
import type { ShownLog } from "./log.tsx";
import { recentEvents, recentSample } from "./recent-events.ts";
import { SAID } from "./said.ts";

const LOG_ENTRIES = 50;
const RENEWED_EVERY_SECONDS = 30;

export interface AppPagesOptions {
  actions: Actions;
  instances: Instances;
  projects: Projects;
  store: Store;
  now: () => Date;
}

/** What a form that was not taken, or a trial, shows on the app's page. */
export type Shown = Pick<AppPageProps, "notice"> &
  Partial<Pick<AppPageProps, "entered" | "trial" | "sample">>;

/** Answers with an app's page. */
export type AnswerApp = (
  context: Context<AdminBindings>,
  place: Place,
  shown: Shown,
  status?: 200 | 400 | 409,
) => Promise<Response>;

/** `GET /apps` and `/apps/:plugin`, and their forms. Shown as far as it goes while Redis is away. */
export function createAppPages(options: AppPagesOptions): Hono<AdminBindings> {
  const { actions, instances, projects, store, now } = options;
  const { choose, shown } = actions;
  const routes = new Hono<AdminBindings>();

  const healthOf = async (project: string, apps: AppHealth["app"][]) =>
    readHealth(store, project, apps, now().getTime()).catch(() => apps.map(unknownHealth));

  const answerApp: AnswerApp = async (context, place, told, status = 200) => {
    const { frame } = context.var;
    const app = shown.describe(place);
    const isChoosing = frame.visitor?.access === "full" && !isRenewal(context);
    const [[health = unknownHealth(app)], log, letters, recent] = await Promise.all([
      healthOf(place.project, [app]),
      logOf(context, place),
      appLetters(store, place, now().getTime()).catch(() => null),
      isChoosing ? recentEvents(store, place.project, now().getTime()) : [],
    ]);
    const entered = told.entered ?? { values: {}, faults: [] };
    const sample = told.sample ?? JSON.stringify(SAMPLE, null, 2);
    const page = {
      frame,
      place,
      health,
      log,
      letters,
      recent,
      entered,
      sample,
      trial: told.trial ?? null,
      notice: told.notice,
    };
    return answerPage(
      context,
      {
        title: app.name,
        section: "apps",
        aside: <code>{`${place.plugin} in ${place.project}`}</code>,
        children: <AppPage {...page} runnable={runnableOf(instances, place)} />,
      },
      status,
    );
  };

  routes.get("/apps", async (context) => {
    const listed = await projects.list().catch(() => []);
    const asked = context.req.query("project");
    const project = asked !== undefined && projects.serves(asked) ? asked : listed[0];
    if (project === undefined) {
      return answerPage(context, {
        title: "Apps",
        section: "apps",
        aside: <ProjectFilter projects={projects} listed={listed} selected="" />,
        children: (
          <Notice tone="warn">
            Any project is served, and none has sent an event within a day: send one, and its apps are here.
          </Notice>
        ),
      });
    }
    const apps = await shown.of(project, byOf(context).waitUntil);
    const health = await healthOf(project, apps);
    const said = SAID[context.req.query("said") ?? ""];
    return answerPage(context, {
      title: "Apps",
      section: "apps",
      aside: <ProjectFilter projects={projects} listed={listed} selected={project} />,
      children: (
        <>
          {said ? <Notice tone="good">{said}</Notice> : null}
          <Panel
            id="chain"
            title="In the order of the chain"
            aside="within 24 hours"
            live={RENEWED_EVERY_SECONDS}
          >
            <AppTable frame={context.var.frame} apps={health} />
          </Panel>
          <FileForms frame={context.var.frame} project={project} fault={null} />
        </>
      ),
    });
  });

  routes.get("/apps/:plugin", async (context) => {
    const place = await choose.app(context);
    const { waitUntil } = byOf(context);
    await shown.refresh(place.project, waitUntil);
    const { said = "", event } = context.req.query();
    const text = SAID[said];
    const sample = event === undefined ? null : await recentSample(store, place, event);
    const notice = text === undefined ? null : { tone: "good" as const, text };
    return answerApp(context, place, { notice, ...(sample === null ? {} : { sample }) });
  });

  routes.route("/", createFormRoutes({ ...options, answerApp }));
  return routes;

  async function logOf({ req }: Context<AdminBindings>, { project, plugin }: Place): Promise<ShownLog> {
    const level = LOG_LEVELS.find((known) => known === req.query("level")) ?? "DEBUG";
    const search = req.query("search") ?? "";
    const cursor = req.query("cursor");
    const page = await readLog(store, {
      project,
      plugin,
      level,
      search,
      nowMs: now().getTime(),
      before: cursor !== undefined && isEntryId(cursor) ? cursor : undefined,
      limit: LOG_ENTRIES,
    }).catch(() => null);
    const query = new URLSearchParams({ project, level, ...(search === "" ? {} : { search }) });
    return { page, level, search, follow: req.query("follow") === "1", query };
  }
}

const SAMPLE = {
  event: "$pageview",
  distinct_id: "sample-person",
  properties: { $current_url: "https://shop.example/checkout?utm_source=mail", $lib: "web" },
};

/** A script asks for the page, to renew what is live on it. */
function isRenewal({ req }: Context): boolean {
  return req.header("Sec-Fetch-Dest") === "empty";
}
