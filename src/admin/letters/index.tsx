/** @jsxImportSource #jsx */
import { type Context, Hono } from "hono";
import { findLetters } from "../../delivery/dead-letters/find.ts";
import type { DeadLetter } from "../../delivery/dead-letters/letter.ts";
import { readReplay } from "../../delivery/dead-letters/replay-record.ts";
import { keys } from "../../keys.ts";
import type { Projects } from "../../projects.ts";
import type { AdminBindings } from "../bindings.ts";
import { cursorOf, filterOf, letterQuery, readCursor } from "../dead-letters.ts";
import { answerPage, type PageContent } from "../look/page.tsx";
import { EmptyState, Notice, Pager, Panel } from "../look/parts.tsx";
import { createLetterActions, type LetterActionsOptions } from "./actions.ts";
import { LetterPanels, ReplayPanel } from "./letter-page.tsx";
import { countLetters } from "./waiting.ts";
import { destinationOf, type LetterConditions, LetterFilters, LetterList } from "./list.tsx";
import { describeFaults, faultsIn } from "../faults.ts";
import { figure } from "../look/figure.ts";

/** Each costs a command for each page of its list. */
const MAX_PROJECTS = 100;
const MAX_CHOSEN = 500;
const CONDITIONS = ["project", "plugin", "hook", "error", "from", "to"] as const;

export interface LetterPagesOptions extends LetterActionsOptions {
  projects: Projects;
}

/** `/dead-letters`: what destinations did not take, to find, look into, replay and delete. */
export function createLetterPages(options: LetterPagesOptions): Hono<AdminBindings> {
  const { store, projects } = options;
  const actions = createLetterActions(options);
  const nowMs = () => options.now().getTime();
  const routes = new Hono<AdminBindings>();

  routes.get("/dead-letters", async (context) => {
    const { deleted, more, cursor } = context.req.query();
    const given = conditionsIn((name) => context.req.query(name));
    const parsed = letterQuery.safeParse(cursor ? { ...given, cursor } : given);
    const tokens = await projects.list();
    const { limit, ...asked } = parsed.success ? parsed.data : letterQuery.parse({});
    const shown = projectsFor(asked.project, tokens);
    const after = asked.cursor === undefined ? null : readCursor(asked.cursor);
    const look = { projects: shown, filter: filterOf(asked), limit, after, nowMs: nowMs() };
    const [{ letters, next }, counts] = await Promise.all([
      findLetters(store, look),
      countLetters(store, shown),
    ]);
    const total = figure(counts.reduce((sum, count) => sum + count, 0));
    const link = (extra: Record<string, string>) =>
      `${context.var.base}/dead-letters?${new URLSearchParams({ ...given, ...extra }).toString()}`;
    return answer(context, {
      title: "Dead letters",
      aside: Object.keys(given).length > 0 ? <BackTo base={context.var.base} /> : null,
      children: (
        <>
          {parsed.success ? null : (
            <Notice tone="bad">{describeFaults(faultsIn(parsed.error, [...CONDITIONS]))}</Notice>
          )}
          {deleted === undefined ? null : (
            <Notice tone="good">{`${deleted} deleted.${more ? " There are more: delete again." : ""}`}</Notice>
          )}
          <LetterFilters given={given} projects={projects} listed={tokens} />
          <Panel id="letters" title="Newest first" aside={`${total} in all, each kept for 30 days`}>
            <LetterList
              frame={context.var.frame}
              letters={letters}
              given={given}
              mayChange={context.var.visitor.access !== "read"}
            />
            <Pager newer={asked.cursor ? link({}) : null} older={next && link({ cursor: cursorOf(next) })} />
          </Panel>
        </>
      ),
    });
  });

  routes.post("/dead-letters", async (context) => {
    const form = await context.req.formData();
    const given = conditionsIn((name) => form.get(name));
    const act = String(form.get("do"));
    const ids = form.getAll("id").map(String).slice(0, MAX_CHOSEN);
    const parsed = letterQuery.safeParse(given);
    if (!parsed.success || (ids.length === 0 && !act.endsWith("-all"))) {
      const why = parsed.success
        ? "No dead letter was chosen. Go back, and mark some."
        : describeFaults(faultsIn(parsed.error, [...CONDITIONS]));
      return answer(context, { title: "Not done", children: <Notice tone="bad">{why}</Notice> }, 400);
    }
    // Those of now, so that what fails again is not meant once more.
    const filter = filterOf(parsed.data);
    const to = Math.min(filter.to ?? nowMs(), nowMs());
    const wanted = act.endsWith("-all") ? { filter: { ...filter, to } } : { ids };
    const where = projectsFor(parsed.data.project, await projects.list());
    const list = `${context.var.base}/dead-letters`;
    if (act.startsWith("replay")) {
      const { id } = await actions.replay(context.var.visitor.name, where, wanted, (promise) =>
        context.env.waitUntil(promise),
      );
      return context.redirect(`${list}/replays/${id}`, 303);
    }
    const { deleted, more } = await actions.remove(context.var.visitor.name, where, wanted);
    const told = new URLSearchParams({ ...given, deleted: String(deleted), ...(more ? { more: "1" } : {}) });
    return context.redirect(`${list}?${told.toString()}`, 303);
  });

  routes.get("/dead-letters/replays/:id", async (context) => {
    const state = await readReplay(store, context.req.param("id"));
    if (!state) return gone(context, "There is no such replay, or no more");
    return answer(context, { title: "Replay", children: <ReplayPanel state={state} /> });
  });

  routes.get("/dead-letters/:id", async (context) => {
    const text = await store.get<string>(keys.deadLetter(context.req.param("id")));
    const letter = text === null ? null : (JSON.parse(text) as DeadLetter);
    if (!letter || !projects.serves(letter.project)) {
      return gone(context, "There is no such dead letter any more");
    }
    const mayChange = context.var.visitor.access !== "read";
    return answer(context, {
      title: destinationOf(letter),
      children: <LetterPanels frame={context.var.frame} letter={letter} mayChange={mayChange} />,
    });
  });
  return routes;

  function projectsFor(asked: string | undefined, tokens: readonly string[]): readonly string[] {
    if (asked === undefined) return tokens.slice(0, MAX_PROJECTS);
    return projects.serves(asked) ? [asked] : [];
  }
}

function answer(
  context: Context<AdminBindings>,
  content: Omit<PageContent, "section">,
  status: 200 | 400 | 404 = 200,
): Response | Promise<Response> {
  return answerPage(
    context,
    { aside: <BackTo base={context.var.base} />, ...content, section: "letters" },
    status,
  );
}

function BackTo({ base }: { base: string }) {
  return <a href={`${base}/dead-letters`}>All dead letters</a>;
}

function gone(context: Context<AdminBindings>, title: string): Response | Promise<Response> {
  const children = (
    <EmptyState title={title}>
      It was replayed, deleted, or its time was over. Go back to the{" "}
      <a href={`${context.var.base}/dead-letters`}>dead letters</a>.
    </EmptyState>
  );
  return answer(context, { title: "Dead letter", children }, 404);
}

/** The conditions that are given and not empty. */
function conditionsIn(read: (name: string) => unknown): LetterConditions {
  return Object.fromEntries(
    CONDITIONS.flatMap((name) => {
      const value = read(name);
      return typeof value === "string" && value !== "" ? [[name, value]] : [];
    }),
  );
}
