import { type Context, Hono } from "hono";
import * as z from "zod";
import type { Scope } from "../apps/scope.ts";
import { findLetters, type LetterFilter, type Position, summariesOf } from "../delivery/dead-letters/find.ts";
import { deleteLetters, MAX_FORGOTTEN } from "../delivery/dead-letters/forget.ts";
import type { DeadLetter, Summary } from "../delivery/dead-letters/letter.ts";
import { readReplay, writePart } from "../delivery/dead-letters/replay-record.ts";
import type { Replays, Wanted } from "../delivery/dead-letters/replay.ts";
import type { Queue } from "../delivery/queue.ts";
import { keys } from "../keys.ts";
import type { Projects } from "../projects.ts";
import type { Store } from "../store.ts";
import type { Audit } from "./audit.ts";
import type { AdminBindings } from "./bindings.ts";
import type { Choose } from "./choose-app.ts";
import { describeIssues } from "./issues.ts";
import { limitParameter, timeParameter } from "./parameters.ts";

const LETTERS_PER_PAGE = 100;
const MAX_LETTERS_PER_PAGE = 500;

/** Each costs a command for each page of its list. */
const MAX_PROJECTS = 100;

/** Letters that one DELETE deletes, which takes about 20 requests to Redis. */
const MAX_DELETED = 5000;

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
export function createDeadLetterRoutes(options: {
  store: Store;
  queue: Queue;
  projects: Projects;
  choose: Choose;
  replays: Replays;
  audit: Audit;
  openScope: (waitUntil: (promise: Promise<unknown>) => void, generation: number) => Scope;
  now: () => Date;
  uuid: () => string;
}): Hono<AdminBindings> {
  const { store, choose } = options;
  const nowMs = () => options.now().getTime();
  const routes = new Hono<AdminBindings>();

  routes.get("/", async (context) => {
    const parsed = letterQuery.safeParse(context.req.query());
    if (!parsed.success) {
      return context.json({ error: describeIssues(parsed.error, Object.keys(letterQuery.shape)) }, 400);
    }
    const { project, limit, cursor, ...conditionsGiven } = parsed.data;
    const projects = await projectsOf(context, project);
    if (projects instanceof Response) return projects;
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
    const asked = await read(context);
    if (asked instanceof Response) return asked;
    const { projects, wanted } = asked;
    const replay = options.uuid();
    const scope = options.openScope((promise) => context.env.waitUntil(promise), 0);
    const done = await options.replays.part({ replay, projects, wanted, part: 0 }, scope);
    await options.queue.publish(done.messages);
    await writePart(store, replay, 0, done, nowMs());
    const { replayed } = done.part;
    await note(context, `replayed ${replayed} dead letters${done.isLast ? "" : ", and more after these"}`);
    const status = done.isLast ? "done" : "running";
    return context.json({ id: replay, status, ...done.part, why: done.refused }, 202);
  });

  routes.delete("/", async (context) => {
    const asked = await read(context);
    if (asked instanceof Response) return asked;
    const { projects, wanted } = asked;
    if ("ids" in wanted) {
      const deleted = await deleteAll(await summariesOf(store, projects, wanted.ids));
      await note(context, `deleted ${deleted} dead letters`);
      return context.json({ deleted, more: false });
    }
    const { filter } = wanted;
    let deleted = 0;
    let after: Position | null = null;
    do {
      const look = { projects, filter, limit: MAX_FORGOTTEN, after, nowMs: nowMs() };
      const { letters, next } = await findLetters(store, look);
      deleted += await deleteAll(letters);
      after = next;
    } while (after && deleted < MAX_DELETED);
    await note(context, `deleted ${deleted} dead letters`);
    return context.json({ deleted, more: after !== null });
  });
  return routes;

  function note({ var: { visitor } }: Context<AdminBindings>, what: string): Promise<void> {
    return options.audit.record({ who: visitor.name, what });
  }

  async function deleteAll(letters: readonly Summary[]): Promise<number> {
    let deleted = 0;
    for (const project of new Set(letters.map((letter) => letter.project))) {
      const ids = letters.filter((letter) => letter.project === project).map(({ id }) => id);
      deleted += await deleteLetters(store, project, ids, nowMs());
    }
    return deleted;
  }

  /** Reads which letters are meant: those of now, so that what fails again is not meant once more. */
  async function read(
    context: Context<AdminBindings>,
  ): Promise<{ projects: readonly string[]; wanted: Wanted } | Response> {
    const parsed = lettersBody.safeParse(await context.req.json().catch(() => null));
    if (!parsed.success) return context.json({ error: describeIssues(parsed.error, ["ids", "filter"]) }, 400);
    const given = parsed.data;
    const projects = await projectsOf(context, "filter" in given ? given.filter.project : undefined);
    if (projects instanceof Response) return projects;
    if ("ids" in given) return { projects, wanted: given };
    const filter = filterOf(given.filter);
    return { projects, wanted: { filter: { ...filter, to: Math.min(filter.to ?? nowMs(), nowMs()) } } };
  }

  async function projectsOf(
    context: Context<AdminBindings>,
    asked: string | undefined,
  ): Promise<readonly string[] | Response> {
    if (asked !== undefined && !options.projects.serves(asked)) {
      return context.json({ error: `project: ${asked} is not served` }, 404);
    }
    const projects = asked === undefined ? await choose.projects(context) : [asked];
    if (projects.length <= MAX_PROJECTS) return projects;
    const error = `project: there are ${projects.length}, name one`;
    return context.json({ error }, 400);
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

function filterOf({ plugin, hook, error, from, to }: z.infer<z.ZodObject<typeof conditions>>): LetterFilter {
  const timeOf = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text));
  return { plugin, hook, error, from: timeOf(from), to: timeOf(to) };
}

function cursorOf({ timeMs, id }: Position): string {
  return `${timeMs}-${id}`;
}

function readCursor(cursor: string): Position {
  const dash = cursor.indexOf("-");
  return { timeMs: Number(cursor.slice(0, dash)), id: cursor.slice(dash + 1) };
}
