import type { AppDefinition } from "../../src/apps/definition.ts";
import { compileApps } from "../gateway.ts";

/** Where the hostile app and its neighbours are. */
export const HOSTILE_APPS = new URL("apps", import.meta.url).pathname;

/** Names of the misdeeds of one kind: what a file of the hostile app exports. */
export async function misdeedsOf(kind: string): Promise<string[]> {
  const module = (await import(`${HOSTILE_APPS}/hostile/${kind}.js`)) as Record<
    string,
    Record<string, unknown>
  >;
  return Object.values(module).flatMap((misdeeds) => Object.keys(misdeeds));
}

/** They, compiled as a deployment would. */
export function hostileApps(): Promise<readonly AppDefinition[]> {
  return compileApps(HOSTILE_APPS);
}
