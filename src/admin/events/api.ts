import { type Context, Hono } from "hono";
import type { Stories } from "../../stories/index.ts";
import { findStories, readStory, type ToldStory } from "../../stories/read.ts";
import type { Store } from "../../store.ts";
import type { AdminBindings } from "../bindings.ts";
import type { Choose } from "../choose-app.ts";
import { cursorOf, eventQuery, filterOf, readCursor } from "./query.ts";
import { parseOrRefuse } from "../faults.ts";

/**
 * `events`: recent events that were sampled, newest first, as they came and as they left the chain, with what each app did
 * and every delivery. `events/:id` has the event after each app too.
 */
export function createEventRoutes(options: {
  store: Store;
  stories: Pick<Stories, "write">;
  choose: Choose;
  now: () => Date;
}): Hono<AdminBindings> {
  const { store, choose } = options;
  const routes = new Hono<AdminBindings>();

  routes.get("/", async (context) => {
    const query = parseOrRefuse(eventQuery, context.req.query());
    const project = await oneProject(context);
    // With `*`, a project that has sent nothing yet has no events either.
    if (project === undefined) return context.json({ entries: [], cursor: null });
    await options.stories.write(project);
    const { stories, next } = await findStories(store, {
      project,
      filter: filterOf(query),
      limit: query.limit,
      after: readCursor(query.cursor),
      nowMs: options.now().getTime(),
    });
    return context.json({ entries: stories.map(withoutChanges), cursor: cursorOf(next) });
  });

  routes.get("/:id", async (context) => {
    const id = context.req.param("id").toLowerCase();
    const project = await oneProject(context);
    if (project !== undefined) await options.stories.write(project);
    const story = project === undefined ? null : await readStory(store, project, id);
    if (story) return context.json(story);
    const error = `there is no event ${id}: it was not sampled, or others have taken its place`;
    return context.json({ error }, 404);
  });
  return routes;

  async function oneProject(context: Context): Promise<string | undefined> {
    const isAnyMeant = context.req.query("project") === undefined;
    return isAnyMeant && (await choose.projects(context)).length === 0 ? undefined : choose.project(context);
  }
}

function withoutChanges(story: ToldStory) {
  const steps = story.steps.map(({ plugin, app, outcome, error }) => ({ plugin, app, outcome, error }));
  return { ...story, steps };
}
