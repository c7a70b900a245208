import { satisfies, validRange } from "semver";

/**
 * The PostHog release that this gateway stands in for: the last one with a number, whose runtime had what decisions 1
 * asks for. Later apps were published for versions without one.
 */
export const POSTHOG_VERSION = "1.43.1";

/** Says what is wrong with a manifest's `posthogVersion`, in PostHog's words; undefined when nothing is. */
export function posthogVersionFault(requirement: string): string | undefined {
  // PostHog read npm's ranges and Python's, and took the spaces out first.
  const range = [requirement.replaceAll(",", " "), requirement.replaceAll(" ", "")]
    .map((text) => validRange(text))
    .find((text) => text !== null);
  if (range === undefined) return `Invalid PostHog semantic version requirement "${requirement}"!`;
  if (satisfies(POSTHOG_VERSION, range)) return undefined;
  return `Currently running PostHog version ${POSTHOG_VERSION} does not match this plugin's semantic version requirement "${requirement}".`;
}
