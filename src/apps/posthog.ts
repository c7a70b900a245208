import { version } from "../version.ts";
import { endlessLoop, MAX_GENERATIONS } from "./generation.ts";
import type { Instance } from "./instance.ts";
import { requireInvocation } from "./scope.ts";

/** Whom an event without `distinct_id` belongs to. */
const APP_PERSON = "App Server";

/** The `posthog` global of an app. */
export interface AppPostHog {
  /**
   * Captures an event in the app's own project. It re-enters at the start of the chain, by one message for all events of
   * the invocation, before the work that made it is acknowledged.
   */
  capture(event: string, properties?: Record<string, unknown>): Promise<void>;
}

export function createAppPostHog(options: { instance: () => Instance; now: () => Date }): AppPostHog {
  return {
    capture(event, properties = {}) {
      // Destructuring null throws, as it did in PostHog.
      const { timestamp, distinct_id: given, ...rest } = properties;
      // An id that is there and empty would have PostHog refuse the event.
      const distinctId = given === undefined || given === null || given === "" ? APP_PERSON : given;
      const { scope } = requireInvocation("posthog.capture");
      const instance = options.instance();
      if (scope.generation + 1 >= MAX_GENERATIONS) {
        instance.log("ERROR", "SYSTEM", endlessLoop(`posthog.capture of "${event}"`));
        return Promise.resolve();
      }
      return scope.capture(instance.project, instance.definition.plugin, {
        event: String(event),
        distinct_id: String(distinctId),
        timestamp: isoOf(timestamp) ?? options.now().toISOString(),
        properties: {
          $lib: "posthog-plugin-server",
          $lib_version: version,
          distinct_id: distinctId,
          ...rest,
        },
      });
    },
  };
}

/** A text as it stands, and the Dates that apps pass too, which were texts by the time PostHog read them. */
function isoOf(timestamp: unknown): string | undefined {
  if (typeof timestamp === "string") return timestamp;
  return timestamp instanceof Date && !Number.isNaN(timestamp.getTime())
    ? timestamp.toISOString()
    : undefined;
}
