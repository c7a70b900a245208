import type { Plugin, PluginEvent, PluginMeta } from "@posthog/plugin-scaffold";

type MyApp = Plugin<{ config: { threshold?: string }; global: { threshold: number } }>;

/** Runs before the first event: what is wrong with the configuration is said here, once. */
export function setupPlugin({ config, global }: PluginMeta<MyApp>) {
  global.threshold = Number(config.threshold);
  if (Number.isNaN(global.threshold)) {
    throw new Error(`threshold is "${config.threshold}"; set it to a number`);
  }
}

/** Sees each event before it goes on. Returns it, changed or not; null drops it. */
export function processEvent(event: PluginEvent, { global }: PluginMeta<MyApp>) {
  const { test, price } = event.properties ?? {};
  if (test) return null;
  if (typeof price === "number") {
    event.properties = { ...event.properties, size: price >= global.threshold ? "large" : "small" };
  }
  return event;
}
