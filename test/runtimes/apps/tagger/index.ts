import { createHash } from "crypto";
import type { Meta, PluginEvent } from "@posthog/plugin-scaffold";
import { label } from "./label";

let calls: number = 0;

export async function processEvent(event: PluginEvent, { config }: Meta) {
  calls += 1;
  event.properties = {
    ...event.properties,
    ...config,
    label: label(event.event),
    digest: createHash("sha1").update("a").digest("hex"),
    timers: typeof setTimeout,
    counted: calls > 0,
  };
  return event;
}
