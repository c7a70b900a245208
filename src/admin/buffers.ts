import { type Context, Hono } from "hono";
import * as z from "zod";
import type { Instances } from "../apps/instances.ts";
import { bufferMessage } from "../delivery/buffers/message.ts";
import { discardBuffer, listBuffers } from "../delivery/exports/kept.ts";
import { outgoing } from "../delivery/publish.ts";
import type { Queue } from "../delivery/queue.ts";
import type { Store } from "../store.ts";
import type { Audit } from "./audit.ts";
import type { AdminBindings } from "./bindings.ts";
import type { Choose } from "./choose-app.ts";
import { parseOrRefuse } from "./faults.ts";

export const bufferQuery = z.strictObject({
  project: z.string().optional(),
  buffer: z.coerce
    .number("give the number of the buffer")
    .int("give the number of the buffer")
    .min(0)
    .optional(),
});

/** `buffers`: what waits for `exportEvents` and `onFlush`, kept when its app is disabled or removed. */
export function createBufferRoutes(options: {
  store: Store;
  queue: Queue;
  instances: Instances;
  choose: Choose;
  audit: Audit;
  now: () => Date;
  uuid: () => string;
}): Hono<AdminBindings> {
  const { store, instances, choose } = options;
  const nowMs = () => options.now().getTime();
  const routes = new Hono<AdminBindings>();

  routes.get("/", async (context) => {
    const { buffers, isAll } = await listBuffers(store, await choose.projects(context));
    const entries = buffers.map((kept) =>
      Object.assign(kept, { app: instances.standing(kept.project, kept.plugin) ?? "gone" }),
    );
    return context.json({ entries, more: !isAll });
  });

  routes.delete("/:plugin", async (context) => {
    const named = await nameOf(context);
    const deleted = await discardBuffer(store, { ...named, nowMs: nowMs() });
    const { project, plugin } = named;
    const who = context.var.visitor.name;
    await options.audit.record({ who, what: `deleted ${deleted} events from its buffer`, project, plugin });
    return context.json({ deleted });
  });

  routes.post("/:plugin/flush", async (context) => {
    const named = await nameOf(context);
    const { project, plugin, buffer } = named;
    if (instances.standing(project, plugin) !== "running") {
      const error = `"${plugin}" does not run: what is in its buffer stays until it does, or is deleted`;
      return context.json({ error }, 409);
    }
    const id = options.uuid();
    const asked = { id, project, plugin, buffer: buffer ?? 0, firstAt: nowMs(), generation: 0 };
    const flush =
      buffer === null
        ? outgoing("export", { id, project, plugin, reason: "time" })
        : bufferMessage({ ...asked, work: { flush: "time" } });
    await options.queue.publish([flush]);
    await options.audit.record({
      who: context.var.visitor.name,
      what: "flushed its buffer",
      project,
      plugin,
    });
    return context.json({ status: "started", project, plugin, buffer }, 202);
  });
  return routes;

  async function nameOf(
    context: Context<AdminBindings>,
  ): Promise<{ project: string; plugin: string; buffer: number | null }> {
    const { buffer = null } = parseOrRefuse(bufferQuery, context.req.query());
    const project = await choose.project(context);
    return { project, plugin: context.req.param("plugin") ?? "", buffer };
  }
}
