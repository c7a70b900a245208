/**
 * Where PostHog keeps the files that belong to `posthogHost`: its cloud has a second name for them
 * (`us.i.posthog.com` → `us-assets.i.posthog.com`), any other PostHog serves them itself.
 */
export function deriveAssetsHost(posthogHost: string): string {
  return posthogHost.replace(
    /^(https?:\/\/)(us|eu)\.i\.posthog\.com(?=[:/]|$)/i,
    "$1$2-assets.i.posthog.com",
  );
}
