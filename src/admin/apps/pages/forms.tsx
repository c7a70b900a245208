/** @jsxImportSource #jsx */
import { type Context, Hono } from "hono";
import type { Place } from "../../../apps/place.ts";
import type { Actions } from "../../actions.ts";
import type { AdminBindings } from "../../bindings.ts";
import { answerPage } from "../../look/page.tsx";
import { exportApps } from "../apps-file.ts";
import { byOf } from "../index.ts";
import { readUpload } from "../upload.ts";
import { conflictsIn, enteredValues, readConfigForm } from "./config-form.ts";
import { FileForms } from "./file-forms.tsx";
import type { AnswerApp, AppPagesOptions } from "./index.tsx";
import { pathOf } from "./paths.ts";
import { recentSample } from "./recent-events.ts";
import type { SAID } from "./said.ts";
import { Refused, refusalOf } from "../../faults.ts";
import { inProject } from "../../look/in-project.ts";

type Form = Record<string, unknown>;
type PageContext = Context<AdminBindings>;

/** The forms of the app pages. Each does what the API does; what is refused is shown where it was entered. */
export function createFormRoutes(options: AppPagesOptions & { answerApp: AnswerApp }): Hono<AdminBindings> {
  const { answerApp, instances } = options;
  const { choose, changes, shown, runNow, runTrial, importFile }: Actions = options.actions;
  const routes = new Hono<AdminBindings>();

  on("move", async (context, place, { order }) => {
    await changes.move(place, Number(order), byOf(context));
    const query = `${inProject("", place.project)}&said=moved`;
    return context.redirect(`${context.var.base}/apps${query}`, 303);
  });

  on("enabled", async (context, place, { enabled }) => {
    const change = { enabled: enabled === "default" ? null : enabled === "true" };
    await changes.change(place, change, byOf(context));
    return back(context, place, "saved");
  });

  on("config", async (context, place, form) => {
    // Somebody else may have changed it in another isolate.
    await shown.refresh(place.project, byOf(context).waitUntil);
    const app = shown.describe(place);
    const config = readConfigForm(app, form);
    const conflicts = conflictsIn(app, form, config);
    if (conflicts.length > 0) throw new Refused(conflicts);
    await changes.change(place, { config }, byOf(context));
    return back(context, place, "saved");
  });

  on("attachments/:key", async (context, place, { remove }) => {
    const key = context.req.param("key") ?? "";
    if (remove === "1") await changes.detach(place, key, byOf(context));
    else await changes.attach(place, key, await readUpload(context), byOf(context));
    return back(context, place, "saved");
  });

  on("run", async (context, place, { task, job, payload }) => {
    const text = typeof payload === "string" ? payload.trim() : "";
    const body =
      task === undefined ? { job, ...(text === "" ? {} : { payload: parsed(text, "payload") }) } : { task };
    const outcome = await runNow(place, body, byOf(context).who);
    if (outcome.status === 202) return back(context, place, "started");
    return answerApp(context, place, { notice: { tone: "bad", text: outcome.error } }, 409);
  });

  on("try", async (context, place, form) => {
    const sample = typeof form["event"] === "string" ? form["event"] : "";
    const app = shown.describe(place);
    const entered = { values: enteredValues(app, form), faults: [] };
    if (form["take"] === "1") {
      const taken = await recentSample(options.store, place, String(form["recent"]));
      if (taken !== null) return answerApp(context, place, { notice: null, entered, sample: taken });
      throw refusalOf("recent", "newer events have taken its place: choose another");
    }
    const body = {
      event: parsed(sample, "event"),
      config: readConfigForm(app, form),
      send: form["send"] === "1",
    };
    const trial = await runTrial(place, body, byOf(context));
    return answerApp(context, place, { notice: null, trial, sample, entered });
  });

  routes.get("/apps.json", async (context) => {
    const project = await choose.project(context);
    await shown.refresh(project, byOf(context).waitUntil);
    const text = `${JSON.stringify(exportApps(instances.places(project)), null, 2)}\n`;
    const headers = {
      "Content-Type": "application/json",
      "Content-Disposition": 'attachment; filename="apps.json"',
    };
    return context.body(text, 200, headers);
  });

  routes.post("/apps.json", async (context) => {
    const project = await choose.project(context);
    try {
      const { content } = await readUpload(context);
      await importFile(project, parsed(new TextDecoder().decode(content), "file"), byOf(context));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const children = <FileForms frame={context.var.frame} project={project} fault={error.message} />;
      return answerPage(context, { title: "Not imported", section: "apps", children }, 400);
    }
    const query = `${inProject("", project)}&said=imported`;
    return context.redirect(`${context.var.base}/apps${query}`, 303);
  });
  return routes;

  /** Mounts a form of the app page. */
  function on(
    path: string,
    take: (context: PageContext, place: Place, form: Form) => Promise<Response>,
  ): void {
    routes.post(`/apps/:plugin/${path}`, async (context: PageContext) => {
      const place = await choose.app(context);
      const form = await context.req.parseBody();
      try {
        return await take(context, place, form);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        const entered = { values: enteredValues(shown.describe(place), form), faults: error.faults };
        const sample = typeof form["event"] === "string" ? { sample: form["event"] } : {};
        const notice = { tone: "bad" as const, text: `Not done. ${error.message}` };
        return answerApp(context, place, { notice, entered, ...sample }, 400);
      }
    });
  }
}

function back(context: PageContext, place: Place, said: keyof typeof SAID): Response {
  return context.redirect(`${context.var.base}${pathOf(place)}&said=${said}`, 303);
}

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refusalOf(what, `is not JSON: ${error instanceof Error ? error.message : "it cannot be read"}`);
  }
}
