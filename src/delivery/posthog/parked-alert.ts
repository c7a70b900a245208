import { hourOf } from "../../accounts/add.ts";
import type { SendAlert } from "../../alerts.ts";

/** Tells people that a project's events wait for them. Never rejects. */
export type AlertParked = (parked: { project: string; error: string; sinceMs: number }) => Promise<void>;

/**
 * Once for each time that the destination was parked, however many messages find out at once: by the hour in which it
 * was. A probe that fails says it again, in case that the first to know had no time to.
 */
export function createParkedAlert(options: {
  send: SendAlert | null;
  mask: (text: string) => string;
  onFault: (message: string) => void;
}): AlertParked {
  return async ({ project, error, sinceMs }) => {
    const text = `PostHog does not take the events of project ${project}: ${options.mask(error)}. They wait in the queue. Check that POSTHOG_HOST is the region of this project and that its token is still valid, then go on at once: POST /admin/api/destinations/posthog/resume?project=${project}. One message in a quarter of an hour finds out by itself.`;
    options.onFault(text);
    await options.send?.({
      project,
      about: `posthog parked ${hourOf(sinceMs)}`,
      subject: `Edgehog keeps the events of project ${project}: PostHog refuses them`,
      text,
    });
  };
}
