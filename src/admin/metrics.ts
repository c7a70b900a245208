import { type Context, Hono } from "hono";
import * as z from "zod";
import { HOUR_MS } from "../accounts/hours.ts";
import { prometheusText } from "../accounts/prometheus.ts";
import { hoursBetween, readHours, totalsOf } from "../accounts/read.ts";
import { readTotals } from "../accounts/read-totals.ts";
import { keys } from "../keys.ts";
import type { Store } from "../store.ts";
import type { AdminBindings } from "./bindings.ts";
import type { Choose } from "./choose-app.ts";
import { countLetters } from "./letters/waiting.ts";
import { timeParameter } from "./parameters.ts";
import { parseOrRefuse, refusalOf, type Refused } from "./faults.ts";

const DEFAULT_HOURS = 24;

/** Hours of all projects together that one answer shows: each is a command. */
const MAX_HOURS_READ = 5000;

/** Projects that one scrape reads. */
const MAX_PROJECTS = 200;

const PROMETHEUS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export const metricsQuery = z.strictObject({
  project: z.string().optional(),
  from: timeParameter.optional(),
  to: timeParameter.optional(),
  step: z.enum(["hour"], "hours are what is counted by: give hour, or nothing").optional(),
  format: z.enum(["json", "prometheus"], "give json or prometheus").optional(),
});

/** `metrics`: what became of events, by project, app, hook, outcome and hour; for Prometheus, since the beginning. */
export function createMetricsRoutes(options: {
  store: Store;
  choose: Choose;
  now: () => Date;
}): Hono<AdminBindings> {
  const { store } = options;
  const routes = new Hono<AdminBindings>();

  routes.get("/", async (context) => {
    const query = parseOrRefuse(metricsQuery, context.req.query());
    const projects = await options.choose.projects(context);
    const { format = wantsText(context) ? "prometheus" : "json", from, to } = query;
    const nowMs = options.now().getTime();
    if (format === "prometheus") {
      if (projects.length > MAX_PROJECTS) throw tooMany(projects.length);
      return context.body(await scrape(projects, nowMs), 200, { "Content-Type": PROMETHEUS_TYPE });
    }
    const toMs = Math.min(nowMs, to === undefined ? nowMs : Date.parse(to));
    const fromMs = Math.max(
      nowMs - keys.accountTtlSeconds * 1000,
      from === undefined ? toMs - (DEFAULT_HOURS - 1) * HOUR_MS : Date.parse(from),
    );
    const hoursRead = projects.length * Math.ceil(Math.max(0, toMs - fromMs) / HOUR_MS);
    if (hoursRead > MAX_HOURS_READ) throw tooMany(projects.length);
    const shown = [];
    for (const project of projects) {
      const hours = hoursBetween(fromMs, toMs);
      const accounts = await readHours(store, project, hours);
      const counted = hours.flatMap((hour, index) => {
        const account = accounts[index] ?? [];
        return account.length > 0 ? [{ hour: `${hour}:00:00.000Z`, ...totalsOf([account]) }] : [];
      });
      shown.push({ project, hours: counted });
    }
    const iso = (timeMs: number) => new Date(timeMs).toISOString();
    return context.json({ from: iso(fromMs), to: iso(toMs), step: "hour", projects: shown });
  });
  return routes;

  async function scrape(projects: readonly string[], nowMs: number): Promise<string> {
    const accounts = await readTotals(store, projects, nowMs);
    const letters = await countLetters(store, projects);
    return prometheusText(
      projects.map((project, index) => {
        const totals = totalsOf(accounts[index] ?? []);
        return { project, totals, deadLetters: letters[index] ?? 0 };
      }),
    );
  }

  function tooMany(count: number): Refused {
    return refusalOf("project", `there are ${count}, name one, or ask for fewer hours with from and to`);
  }
}

/** Prometheus asks for `text/plain` among others; a browser and `fetch` do not. */
function wantsText(context: Context): boolean {
  return (context.req.header("Accept") ?? "").includes("text/plain");
}
