import { Hono } from "hono";
import * as z from "zod";
import type { AdminBindings } from "./bindings.ts";
import type { Audit } from "./audit.ts";
import { parseOrRefuse } from "./faults.ts";

export const MAX_AUDIT_ENTRIES_PER_PAGE = 200;

const whole = `give a whole number from 1 to ${MAX_AUDIT_ENTRIES_PER_PAGE}`;
export const auditQuery = z.strictObject({
  limit: z.coerce
    .number({ error: whole })
    .int(whole)
    .min(1, whole)
    .max(MAX_AUDIT_ENTRIES_PER_PAGE, whole)
    .default(50),
  cursor: z.coerce.number().int().min(0).max(1_000_000).default(0),
});

/** `GET audit`: who did what in the admin, newest first. `cursor` is null at the end. */
export function createAuditRoutes(audit: Audit): Hono<AdminBindings> {
  const routes = new Hono<AdminBindings>();
  routes.get("/audit", async (context) => {
    return context.json(await audit.read(parseOrRefuse(auditQuery, context.req.query())));
  });
  return routes;
}
