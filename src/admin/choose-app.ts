import type { Context } from "hono";
import type { Instances } from "../apps/instances.ts";
import type { Place } from "../apps/place.ts";
import type { Projects } from "../projects.ts";
import { refusalOf, Refused } from "./faults.ts";

const MAX_PROJECTS_NAMED = 20;

/** Finds what a request is about. Throws `Refused` where that is not one thing that there is. */
export interface Choose {
  /** The projects meant: the one that `?project=` names, else all. */
  projects(context: Context): Promise<readonly string[]>;
  /** The one project that is meant. */
  project(context: Context): Promise<string>;
  /** The app that the path names, in the one project where it is. */
  app(context: Context): Promise<Place>;
}

export function createChoose(options: { instances: Instances; projects: Projects }): Choose {
  const choose: Choose = {
    async projects(context) {
      const asked = context.req.query("project");
      if (asked === undefined) return options.projects.list();
      return options.projects.serves(asked) ? [asked] : [];
    },

    async project(context) {
      const projects = await choose.projects(context);
      const [project, another] = projects;
      if (project === undefined) {
        throw refusalOf("project", "not served: add ?project=<token> of one that is", 404);
      }
      if (another === undefined) return project;
      const some = projects.slice(0, MAX_PROJECTS_NAMED).join(", ");
      throw refusalOf("project", `there are several: add ?project=<token>, one of ${some}`);
    },

    async app(context) {
      const plugin = context.req.param("plugin");
      const projects = await choose.projects(context);
      const found = projects.flatMap((project) =>
        options.instances.places(project).filter((place) => place.plugin === plugin),
      );
      const [place, another] = found;
      if (!place) {
        const where = projects.length === 1 ? `project ${projects[0]}` : "the projects served";
        const hint = projects.length === 0 ? "; add ?project=<token> of a project that is served" : "";
        throw new Refused([], `there is no app "${plugin}" in ${where}${hint}`, 404);
      }
      if (!another) return place;
      const tokens = found.map(({ project }) => project).join(", ");
      throw refusalOf("project", `"${plugin}" runs for several: add ?project=<token>, one of ${tokens}`);
    },
  };
  return choose;
}
