import type { Plugin, PluginEvent, PluginMeta } from "@posthog/plugin-scaffold";
import { normaliseUrl, type Rules } from "./normalise.ts";

type UrlNormaliser = Plugin<{
  config: { properties?: string; removedParameters?: string; fragment?: string; trailingSlash?: string };
  global: { properties: string[]; rules: Rules };
}>;

/** Reads the configuration once, so that no event has to. */
export function setupPlugin({ config, global }: PluginMeta<UrlNormaliser>) {
  global.properties = splitList(config.properties);
  global.rules = {
    removedParameters: splitList(config.removedParameters),
    fragment: config.fragment === "keep" || config.fragment === "remove" ? config.fragment : "keep routes",
    removesTrailingSlash: config.trailingSlash === "remove",
  };
}

/** Rewrites the configured properties of the event and of its person. */
export function processEvent(event: PluginEvent, { global }: PluginMeta<UrlNormaliser>) {
  const { properties, $set, $set_once } = event;
  for (const container of [properties, properties?.$set, properties?.$set_once, $set, $set_once]) {
    if (!isObject(container)) continue;
    for (const name of global.properties) {
      const value = container[name];
      if (typeof value === "string") container[name] = normaliseUrl(value, global.rules);
    }
  }
  return event;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** A list works as well as text with commas: as text it has the same. */
function splitList(names: unknown): string[] {
  return String(names ?? "")
    .split(",")
    .map((item) => item.trim())
    .filter(Boolean);
}
