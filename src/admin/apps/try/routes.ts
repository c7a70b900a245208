import { Hono } from "hono";
import * as z from "zod";
import { teamIdOf } from "../../../team.ts";
import type { PluginEvent } from "../../../event.ts";
import type { Place } from "../../../apps/place.ts";
import type { Audit } from "../../audit.ts";
import type { AdminBindings } from "../../bindings.ts";
import type { Choose } from "../../choose-app.ts";
import { jsonObject } from "../../parameters.ts";
import { checkValues } from "../checked-change.ts";
import type { By } from "../changes.ts";
import { byOf } from "../index.ts";
import type { Trial, TryApp } from "./index.ts";
import { parseOrRefuse } from "../../faults.ts";

export const trialRequest = z.strictObject({
  event: z
    .looseObject({
      event: z.string().min(1).default("$pageview"),
      distinct_id: z.string().min(1).default("sample-person"),
      properties: jsonObject.optional(),
    })
    .default({ event: "$pageview", distinct_id: "sample-person" }),
  /** Values to try before they are saved, as PATCH takes them. */
  config: jsonObject.optional(),
  /** Whether the app's requests are really made. */
  send: z.boolean().default(false),
});

export interface TrialOptions {
  tryApp: TryApp;
  audit: Audit;
  now: () => Date;
  uuid: () => string;
  publicUrl: string;
}

/** Tries what a person sends, checked; on the audit list where requests were really made. Throws `Refused` for what does not fit. */
export type RunTrial = (place: Place, body: unknown, by: By) => Promise<Trial>;

export function createRunTrial({ tryApp, audit, now, uuid, publicUrl }: TrialOptions): RunTrial {
  return async (place, body, { who, waitUntil }) => {
    const asked = parseOrRefuse(trialRequest, body, 'send {"event"?, "config"?, "send"?} as JSON; ');
    const { event, config, send } = asked;
    const { project, plugin, definition, bundled } = place;
    const at = now().toISOString();
    const sample: PluginEvent = {
      uuid: uuid(),
      timestamp: at,
      properties: {},
      ip: null,
      ...event,
      now: at,
      site_url: publicUrl,
      team_id: teamIdOf(project),
    };
    const values = config ? checkValues(place, config) : { config: {}, secrets: {} };
    const draft: Record<string, unknown> = { ...definition.config, ...values.config, ...values.secrets };
    for (const [key, value] of Object.entries(values.config)) {
      if (value === undefined) draft[key] = bundled.config[key];
    }
    if (send) await audit.record({ who, what: "tried it, with its requests sent", project, plugin });
    return tryApp({ definition: { ...definition, config: draft }, project, event: sample, send, waitUntil });
  };
}

/** `POST apps/:plugin/test`: what an app would make of an event, with what it logs and sends. Nothing is delivered. */
export function createTrialRoutes(options: { choose: Choose; runTrial: RunTrial }): Hono<AdminBindings> {
  const routes = new Hono<AdminBindings>();
  routes.post("/:plugin/test", async (context) => {
    const place = await options.choose.app(context);
    const body: unknown = await context.req.json().catch(() => null);
    return context.json(await options.runTrial(place, body, byOf(context)));
  });
  return routes;
}
