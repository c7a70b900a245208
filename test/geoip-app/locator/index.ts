import type { Meta, PluginEvent } from "@posthog/plugin-scaffold";

/** Reports where an event's `$ip` is. */
export async function processEvent(event: PluginEvent, { config, geoip }: Meta) {
  const city = await geoip.locate(event.properties?.["$ip"]);
  await fetch(config["url"], { method: "POST", body: JSON.stringify(city) });
  return event;
}
