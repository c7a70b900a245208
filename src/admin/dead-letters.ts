import { type Context, Hono } from "hono";
import * as z from "zod";
import { findLetters, type LetterFilter, type Position } from "../delivery/dead-letters/find.ts";
import type { DeadLetter, Summary } from "../delivery/dead-letters/letter.ts";
import { readReplay } from "../delivery/dead-letters/replay-record.ts";
import type { Wanted } from "../delivery/dead-letters/replay.ts";
import { keys } from "../keys.ts";
import type { Projects } from "../projects.ts";
import type { AdminBindings } from "./bindings.ts";
import type { Choose } from "./choose-app.ts";
import { createLetterActions, type LetterActionsOptions } from "./letters/actions.ts";
import { limitParameter, timeParameter } from "./parameters.ts";
import { faultsIn, parseOrRefuse, refusalOf, Refused } from "./faults.ts";

const LETTERS_PER_PAGE = 100;
const MAX_LETTERS_PER_PAGE = 500;

/** Each costs a command for each page of its list. */
const MAX_PROJECTS = 100;

const conditions = {
  project: z.string().optional(),
  plugin: z.string().optional(),
  hook: z.string().optional(),
  error: z.string().optional(),
  from: timeParameter.optional(),
  to: timeParameter.optional(),
};

export const letterQuery = z.strictObject({
  ...conditions,
  limit: limitParameter(LETTERS_PER_PAGE, MAX_LETTERS_PER_PAGE),
  cursor: z
    .string()
    .regex(/^\d{1,15}-.+$/s, "give the cursor of the page before, as it is")
    .optional(),
});

/** Which letters to replay or to delete. `{"filter": {}}` means all. */
export const lettersBody = z.union(
  [
    z.strictObject({ ids: z.array(z.string()).min(1).max(MAX_LETTERS_PER_PAGE) }),
    z.strictObject({ filter: z.strictObject(conditions) }),
  ],
  {
    error: `send {"ids": [1 to ${MAX_LETTERS_PER_PAGE} of them]}, or {"filter": {any of ${Object.keys(conditions).join(", ")}}} as JSON`,
  },
);

/** `deadletters`: what destinations did not take, to look at, replay and delete. */
export function createDeadLetterRoutes(
  options: LetterActionsOptions & { projects: Projects; choose: Choose },
): Hono<AdminBindings> {
  const { store, choose } = options;
  const actions = createLetterActions(options);
  const nowMs = () => options.now().getTime();
  const routes = new Hono<AdminBindings>();

  routes.get("/", async (context) => {
    const { project, limit, cursor, ...conditionsGiven } = parseOrRefuse(letterQuery, context.req.query());
    const projects = await projectsOf(context, project);
    const filter = filterOf(conditionsGiven);
    const after = cursor === undefined ? null : readCursor(cursor);
    const { letters, next } = await findLetters(store, { projects, filter, limit, after, nowMs: nowMs() });
    return context.json({ entries: letters.map(entryOf), cursor: next && cursorOf(next) });
  });

  routes.get("/replays/:id", async (context) => {
    const id = context.req.param("id");
    const state = await readReplay(store, id);
    if (!state) return context.json({ error: `there is no replay ${id}, or it ended a week ago` }, 404);
    return context.json({ id, ...state });
  });

  routes.get("/:id", async (context) => {
    const id = context.req.param("id");
    const text = await store.get<string>(keys.deadLetter(id));
    const letter = text === null ? null : (JSON.parse(text) as DeadLetter);
    if (!letter || !options.projects.serves(letter.project)) {
      return context.json({ error: `there is no dead letter ${id}: replayed, deleted or expired` }, 404);
    }
    return context.json({ ...letter, plugin: letter.plugin ?? null });
  });

  routes.post("/replay", async (context) => {
    const { projects, wanted } = await read(context);
    const done = await actions.replay(context.var.visitor.name, projects, wanted, (promise) =>
      context.env.waitUntil(promise),
    );
    const status = done.isLast ? "done" : "running";
    return context.json({ id: done.id, status, ...done.part, why: done.refused }, 202);
  });

  routes.delete("/", async (context) => {
    const { projects, wanted } = await read(context);
    return context.json(await actions.remove(context.var.visitor.name, projects, wanted));
  });
  return routes;

  /** Reads which letters are meant: those of now, so that what fails again is not meant once more. */
  async function read(
    context: Context<AdminBindings>,
  ): Promise<{ projects: readonly string[]; wanted: Wanted }> {
    const parsed = lettersBody.safeParse(await context.req.json().catch(() => null));
    if (!parsed.success) throw new Refused(faultsIn(parsed.error, ["ids", "filter"]));
    const given = parsed.data;
    const inBody = "filter" in given ? given.filter.project : undefined;
    const projects = await projectsOf(context, inBody ?? context.req.query("project"));
    if ("ids" in given) return { projects, wanted: given };
    const filter = filterOf(given.filter);
    return { projects, wanted: { filter: { ...filter, to: Math.min(filter.to ?? nowMs(), nowMs()) } } };
  }

  async function projectsOf(
    context: Context<AdminBindings>,
    asked: string | undefined,
  ): Promise<readonly string[]> {
    if (asked !== undefined && !options.projects.serves(asked)) {
      throw refusalOf("project", `${asked} is not served`, 404);
    }
    const projects = asked === undefined ? await choose.projects(context) : [asked];
    if (projects.length <= MAX_PROJECTS) return projects;
    throw refusalOf("project", `there are ${projects.length}, name one`);
  }
}

function entryOf(summary: Summary) {
  const {
    id,
    plugin = null,
    hook,
    project,
    error,
    attempts,
    firstAt,
    lastAt,
    events,
    characters,
    replays = 0,
  } = summary;
  return { id, plugin, hook, project, error, attempts, firstAt, lastAt, events, characters, replays };
}

export function filterOf({
  plugin,
  hook,
  error,
  from,
  to,
}: z.infer<z.ZodObject<typeof conditions>>): LetterFilter {
  const timeOf = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text));
  return { plugin, hook, error, from: timeOf(from), to: timeOf(to) };
}

export function cursorOf({ timeMs, id }: Position): string {
  return `${timeMs}-${id}`;
}

export function readCursor(cursor: string): Position {
  const dash = cursor.indexOf("-");
  return { timeMs: Number(cursor.slice(0, dash)), id: cursor.slice(dash + 1) };
}
