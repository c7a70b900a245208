import type { Plugin, PluginEvent, PluginMeta } from "@posthog/plugin-scaffold";

type PropertyFilter = Plugin<{
  config: { properties?: string; events?: string; removeIp?: string };
  global: {
    /** `order.card` as `["order", "card"]`. */
    paths: string[][];
    droppedEvents: string[];
    removesIp: boolean;
  };
}>;

/** Where an event keeps what it says of its person. */
const PERSON_PROPERTIES = ["$set", "$set_once"] as const;

/** Reads the lists once, so that no event has to. Accepts anything: a filter that does not start would let data through. */
export function setupPlugin({ config, global }: PluginMeta<PropertyFilter>) {
  const properties = splitList(config.properties);
  global.paths = properties.map((property) => property.split("."));
  global.droppedEvents = splitList(config.events);
  global.removesIp = config.removeIp === "yes" || properties.includes("$ip");
}

/** Drops the event, or returns it without what is configured to go. */
export function processEvent(event: PluginEvent, { global }: PluginMeta<PropertyFilter>) {
  if (global.droppedEvents.includes(event.event)) return null;

  const { properties, $set, $set_once } = event;
  const containers = [properties, properties?.$set, properties?.$set_once, $set, $set_once];
  for (const path of global.paths) {
    for (const container of containers) removePath(container, path);
    if (PERSON_PROPERTIES.some((name) => name === path[0])) removePath(event, path);
  }
  if (global.removesIp) {
    // The property would be filled in again from the address.
    event.ip = null;
    removePath(properties, ["$ip"]);
  }
  return event;
}

/** Removes what the path leads to, in each item where it meets a list. */
function removePath(container: unknown, path: readonly string[]): void {
  if (Array.isArray(container)) {
    for (const item of container) removePath(item, path);
    return;
  }
  if (!isObject(container)) return;
  // A property's own name may contain dots.
  delete container[path.join(".")];
  const [name = "", ...rest] = path;
  // Own properties only: `__proto__.toString` must not reach what all objects share.
  if (rest.length > 0 && Object.hasOwn(container, name)) removePath(container[name], rest);
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
