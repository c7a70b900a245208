import { Hono } from "hono";
import * as z from "zod";
import type { AppDefinition } from "../apps/definition.ts";
import { LOG_LEVELS } from "../apps/log.ts";
import { readLog } from "../logs/read.ts";
import { isEntryId } from "../logs/stored-entry.ts";
import type { Store } from "../store.ts";
import { limitParameter, timeParameter } from "./parameters.ts";
import { parseOrRefuse, refusalOf, Refused } from "./faults.ts";

const MAX_ENTRIES_PER_PAGE = 500;
const ENTRIES_PER_PAGE = 100;

export const logQuery = z.strictObject({
  project: z.string().optional(),
  level: z
    .string()
    .toUpperCase()
    .pipe(
      z.enum(LOG_LEVELS, { error: `give one of ${LOG_LEVELS.join(", ")}: it and those above it are shown` }),
    )
    .default("DEBUG"),
  hook: z.string().optional(),
  search: z.string().optional(),
  limit: limitParameter(ENTRIES_PER_PAGE, MAX_ENTRIES_PER_PAGE),
  cursor: z.string().refine(isEntryId, "give the cursor of the page before, as it is").optional(),
  since: timeParameter.optional(),
});

/**
 * `GET /apps/:plugin/logs`: an app's log, newest entries first, of enabled and disabled apps alike. `cursor` is null when
 * there are no older entries, and otherwise what the next page is asked with. Faulty parameters get a 400 that names each.
 */
export function createLogRoutes(options: {
  store: Store;
  apps: readonly AppDefinition[];
  /** Projects served; an app's log is that of one of them. */
  projects: () => Promise<readonly string[]>;
  serves: (project: string) => boolean;
  now: () => Date;
}): Hono {
  const routes = new Hono();

  routes.get("/apps/:plugin/logs", async (context) => {
    const plugin = context.req.param("plugin");
    const listed = options.apps.filter((app) => app.plugin === plugin);
    if (listed.length === 0) {
      throw new Refused([], `there is no app "${plugin}" in this deployment`, 404);
    }
    const query = parseOrRefuse(logQuery, context.req.query());
    const { project: asked, cursor, since, limit, level, hook, search } = query;
    const runsFor = (project: string) =>
      listed.some(({ projects }) => !projects || projects.includes(project));
    const candidates = asked === undefined ? await options.projects() : [asked].filter(options.serves);
    const [project, another] = candidates.filter(runsFor);
    if (asked !== undefined && project === undefined) {
      throw refusalOf("project", `"${plugin}" does not run for ${asked}`, 404);
    }
    if (another !== undefined) {
      const tokens = candidates.filter(runsFor).join(", ");
      throw refusalOf("project", `"${plugin}" runs for several: add ?project=<token>, one of ${tokens}`);
    }
    // With `*`, a project that has sent nothing yet has no log either.
    if (project === undefined) return context.json({ entries: [], cursor: null });

    const nowMs = options.now().getTime();
    const page = await readLog(options.store, {
      project,
      plugin,
      level,
      hook,
      search,
      since,
      nowMs,
      before: cursor,
      limit,
    });
    return context.json(page);
  });
  return routes;
}
