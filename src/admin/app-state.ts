import { type Context, Hono } from "hono";
import * as z from "zod";
import { lookAtState, stateKinds } from "../apps/state/kept.ts";
import type { Store } from "../store.ts";
import type { Audit } from "./audit.ts";
import type { AdminBindings } from "./bindings.ts";
import type { Choose } from "./choose-app.ts";
import { parseOrRefuse } from "./faults.ts";

export const stateQuery = z.strictObject({
  project: z.string().optional(),
  kind: z.enum(stateKinds, `give one of ${stateKinds.join(", ")}, or nothing for all`).optional(),
  cursor: z
    .string()
    .regex(/^\d{1,20}$/, "give the cursor of the answer before, as it is")
    .optional(),
});

/**
 * `apps/:plugin/state`: counts the keys that an app has in Redis, by kind, and deletes them. Also for an app that is
 * not deployed any more. A large Redis is searched in parts: while `cursor` is not null, there is more to ask for
 * with it.
 */
export function createAppStateRoutes(options: {
  store: Store;
  choose: Choose;
  audit: Audit;
}): Hono<AdminBindings> {
  const routes = new Hono<AdminBindings>();
  routes.get("/:plugin/state", (context) => look(context, false));
  routes.delete("/:plugin/state", (context) => look(context, true));
  return routes;

  async function look(context: Context<AdminBindings>, remove: boolean): Promise<Response> {
    const { kind, cursor: from = "0" } = parseOrRefuse(stateQuery, context.req.query());
    const plugin = context.req.param("plugin") ?? "";
    const project = await options.choose.project(context);
    const kinds = kind === undefined ? stateKinds : [kind];
    const { counts, next } = await lookAtState(options.store, { project, plugin, kinds, from, remove });
    if (remove) {
      const number = counts.cache + counts.storage + counts.global;
      const who = context.var.visitor.name;
      await options.audit.record({ who, what: `deleted ${number} keys that it keeps`, project, plugin });
    }
    return context.json({ project, plugin, [remove ? "deleted" : "keys"]: counts, cursor: next });
  }
}
