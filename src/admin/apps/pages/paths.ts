/** Below the admin: an app's page, or something that is done about it there. */
import { inProject } from "../../look/in-project.ts";
export function pathOf({ plugin, project }: { plugin: string; project: string }, action = ""): string {
  const path = `/apps/${encodeURIComponent(plugin)}${action === "" ? "" : `/${action}`}`;
  return inProject(path, project);
}
