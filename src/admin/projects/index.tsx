/** @jsxImportSource #jsx */
import { Hono } from "hono";
import type { Projects } from "../../projects.ts";
import type { Environment, Settings } from "../../settings.ts";
import type { AdminBindings } from "../bindings.ts";
import { answerPage } from "../look/page.tsx";
import { Badge, Code, EmptyState, Notice, Panel } from "../look/parts.tsx";
import { Table } from "../look/table.tsx";
import { settingsInForce } from "./settings-in-force.ts";
import { addressFor, snippetsFor } from "./snippets.ts";
import { inProject } from "../look/in-project.ts";

/** A page is for reading; with `PROJECT_TOKENS=*` there may be any number. */
const MAX_PROJECTS_LISTED = 200;

export interface ProjectsPageOptions {
  settings: Settings;
  environment: Environment;
  projects: Projects;
}

/** `GET /projects`: which projects are served, how SDKs reach them, and the settings in force. */
export function createProjectsPage(options: ProjectsPageOptions): Hono<AdminBindings> {
  const { settings, environment, projects } = options;
  const routes = new Hono<AdminBindings>();

  routes.get("/projects", async (context) => {
    // With `*`, Redis knows which there are; the rest of the page does not need it.
    const tokens = await projects.list().catch(() => null);
    const asked = context.req.query("project");
    const isServed = asked !== undefined && projects.serves(asked);
    const token = (isServed ? asked : tokens?.[0]) ?? "<project token>";
    const host = addressFor(settings.publicUrl, context.req.url);
    return answerPage(context, {
      title: "Projects & settings",
      section: "projects",
      children: (
        <>
          <Panel
            id="projects"
            title="Projects"
            aside={settings.projects === "*" ? "any token is served" : null}
          >
            <ProjectTable tokens={tokens} paused={settings.pausedProjects} base={context.var.base} />
          </Panel>
          <Panel id="destination" title="Where events go">
            <Destination host={settings.posthogHost} />
          </Panel>
          <Panel id="sdks" title="Connect an SDK" aside={<code>{token}</code>}>
            <p class="quiet">Point the SDK&apos;s host at this gateway. Nothing else changes.</p>
            <div class="columns">
              {snippetsFor(token, host, settings.posthogHost).map((snippet) => (
                <Code {...snippet} />
              ))}
            </div>
          </Panel>
          <Panel id="settings" title="Settings in force" aside="changed by a deployment, not here">
            <Table
              caption="Settings in force"
              columns={[{ label: "Setting" }, { label: "Value", prose: true }, { label: "From" }]}
              rows={settingsInForce(settings, environment).map(({ name, value, from }) => [
                <code>{name}</code>,
                value,
                <span class={from === "default" ? "quiet" : undefined}>{from}</span>,
              ])}
            />
          </Panel>
        </>
      ),
    });
  });
  return routes;
}

function ProjectTable(props: { tokens: readonly string[] | null; paused: readonly string[]; base: string }) {
  const { tokens, paused, base } = props;
  if (tokens === null) {
    return (
      <Notice tone="bad">Which projects have sent events is kept in Redis, which does not answer.</Notice>
    );
  }
  if (tokens.length === 0) {
    return (
      <EmptyState title="No project has sent anything within a day">
        Any token is served: send an event with one of the lines below, and it appears here.
      </EmptyState>
    );
  }
  return (
    <>
      <Table
        caption="Projects"
        columns={[{ label: "Token" }, { label: "State" }, { label: "" }]}
        rows={tokens.slice(0, MAX_PROJECTS_LISTED).map((token) => {
          const query = inProject("", token);
          return [
            <code>{token}</code>,
            paused.includes(token) ? (
              <Badge tone="warn">paused: its events are thrown away</Badge>
            ) : (
              <Badge tone="good">served</Badge>
            ),
            <>
              <a href={base + query}>Overview</a> · <a href={`${base}/apps${query}`}>Apps</a> ·{" "}
              <a href={`${base}/events${query}`}>Live events</a> ·{" "}
              <a href={`${base}/projects${query}#sdks`}>SDK lines</a>
            </>,
          ];
        })}
      />
      {tokens.length > MAX_PROJECTS_LISTED ? (
        <p class="hint">{`and ${tokens.length - MAX_PROJECTS_LISTED} more`}</p>
      ) : null}
    </>
  );
}

function Destination({ host }: { host: string | null }) {
  if (host === null) {
    return (
      <EmptyState title="Nowhere but to apps">
        Set <code>POSTHOG_HOST</code>, for instance to https://us.i.posthog.com, and events go there after the
        apps.
      </EmptyState>
    );
  }
  return (
    <p>
      To PostHog at <code>{new URL(host).host}</code> after the apps, and to whatever apps export to. Flags,
      remote config, assets and recordings are passed on there too.
    </p>
  );
}
