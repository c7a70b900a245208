import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { isReference } from "../../apps/meta/config.ts";
import type { Place } from "../../apps/place.ts";
import { SECRET_PLACEHOLDER } from "../describe-config.ts";
import { jsonObject } from "../parameters.ts";
import type { AppChange } from "./checked-change.ts";
import { parseOrRefuse, refusalOf } from "../faults.ts";

/** Most apps that one file may change. */
const MAX_APPS = 200;

const entry = z.looseObject({
  plugin: z.string().min(1),
  enabled: z.boolean().optional(),
  config: jsonObject.optional(),
});
const appsFile = z.looseObject({ apps: z.array(entry).max(MAX_APPS) });

/** An app as `apps.json` lists it. */
type Entry = z.infer<typeof entry>;

/**
 * A project's apps as an `apps.json` would list them, in chain order, with what was changed in the admin. Secrets that were
 * entered there or written out in `apps.json` stand as the placeholder; references to settings stay references. Files are
 * named, not contained.
 */
export function exportApps(places: readonly Place[]): { apps: Entry[] } {
  return {
    apps: places.map((place) => {
      const { bundled, override, definition, enabled } = place;
      const { projects, sequential, whilePending, logLevel } = bundled;
      const config = exportedConfig(place);
      const attachments = Object.fromEntries(
        Object.entries(definition.attachments).map(([key, { file_name: name }]) => [key, name]),
      );
      return {
        plugin: bundled.plugin,
        ...(enabled ? {} : { enabled }),
        ...(projects ? { projects: [...projects] } : {}),
        ...(Object.keys(config).length > 0 ? { config } : {}),
        ...(Object.keys(attachments).length > 0 ? { attachments } : {}),
        ...(sequential ? { sequential } : {}),
        ...(whilePending === "refuse" ? { whilePending } : {}),
        ...(logLevel ? { logLevel } : {}),
        ...(override?.attachments ? { $comment: "the files were uploaded in the admin" } : {}),
      };
    }),
  };
}

/** What is configured, without the manifest's defaults. */
function exportedConfig({ bundled, override }: Place): Record<string, never> {
  const merged: Record<string, unknown> = { ...bundled.config, ...override?.config };
  for (const key of Object.keys(override?.secrets ?? {})) merged[key] = SECRET_PLACEHOLDER;
  const fieldOf = (key: string) => bundled.manifest.config.find((field) => field.key === key);
  const entries = Object.entries(merged).flatMap(([key, value]) => {
    const field = fieldOf(key);
    // What was set here is told even where it is the default: apps.json may say something else.
    const isSetHere = Object.hasOwn(override?.config ?? {}, key);
    if (value === undefined || (!isSetHere && isDeepStrictEqual(value, field?.default))) return [];
    const isHidden = field?.secret && !isReference(value) && value !== "";
    return [[key, isHidden ? SECRET_PLACEHOLDER : value]];
  });
  return Object.fromEntries(entries) as Record<string, never>;
}

/** What a file makes of one app; `position` is its place among the apps that the file names, from 1. */
export interface ImportedApp {
  place: Place;
  position: number;
  change: AppChange;
}

/**
 * Reads a file such as `exportApps` makes: what it says about each app becomes a change, the array's order the chain's. Apps
 * that it does not name stay as they are, and so do files and what only a deployment decides. Throws `Refused`.
 */
export function importApps(body: unknown, places: readonly Place[]): ImportedApp[] {
  const { apps } = parseOrRefuse(appsFile, body, "send a file such as GET apps.json answers; ");
  return apps.map(({ plugin, enabled = true, config = {} }, index) => {
    const place = places.find((candidate) => candidate.plugin === plugin);
    if (!place) {
      const why = `there is no app "${plugin}" in this project: deploy it first`;
      throw refusalOf(`apps.${index}.plugin`, why);
    }
    if (apps.findIndex((other) => other.plugin === plugin) < index) {
      throw refusalOf(`apps.${index}.plugin`, `"${plugin}" is there before: name each app once`);
    }
    const isChanged = place.enabled !== enabled;
    return {
      place,
      position: index + 1,
      change: { ...(isChanged ? { enabled } : {}), config: importedConfig(place, config, `apps.${index}`) },
    };
  });
}

/** What differs from what is in force. What is as in `apps.json` goes back to it, and so does what an admin had set and the file does not have. */
function importedConfig(
  { bundled, override }: Place,
  given: NonNullable<AppChange["config"]>,
  path: string,
): NonNullable<AppChange["config"]> {
  const config: NonNullable<AppChange["config"]> = {};
  for (const key of Object.keys(override?.config ?? {})) config[key] = null;
  for (const [key, value] of Object.entries(given)) {
    if (value === SECRET_PLACEHOLDER || isDeepStrictEqual(value, override?.config?.[key])) {
      delete config[key];
    } else if (!isDeepStrictEqual(value, bundled.config[key])) {
      if (isReference(value)) {
        throw refusalOf(`${path}.config.${key}`, "a reference to a setting belongs into a deployment");
      }
      config[key] = value;
    }
  }
  return config;
}
