import { answerFault, withCors } from "./answer.ts";

/** What remote config says where there is no PostHog: every feature that needs it is off, events come to `/e/`. */
const REMOTE_CONFIG = {
  supportedCompression: ["gzip", "gzip-js"],
  hasFeatureFlags: false,
  captureDeadClicks: false,
  capturePerformance: false,
  autocapture_opt_out: false,
  autocaptureExceptions: false,
  analytics: { endpoint: "/e/" },
  elementsChainAsString: true,
  sessionRecording: false,
  heatmaps: false,
  surveys: false,
  defaultIdentifiedOnly: true,
  siteApps: [],
  errorTracking: { autocaptureExceptions: false, suppressionRules: [] },
};

const NO_FLAGS = { featureFlags: {}, featureFlagPayloads: {}, flags: {}, errorsWhileComputingFlags: false };
const NO_DEFINITIONS = { flags: [], group_type_mapping: {}, cohorts: {} };

/** What is the same for every request, by path without the last slash. */
const ANSWERS: Readonly<Record<string, unknown>> = {
  "/flags/definitions": NO_DEFINITIONS,
  "/api/feature_flag/local_evaluation": NO_DEFINITIONS,
  "/api/surveys": { surveys: [] },
  "/api/early_access_features": { earlyAccessFeatures: [] },
  "/api/web_experiments": { experiments: [] },
  "/api/product_tours": { product_tours: [] },
  "/api/push_subscriptions": { status: "Ok" },
  "/i/v1/logs": {},
  "/i/v1/traces": {},
  "/i/v1/metrics": {},
  "/i/v0/ai": { status: "Ok" },
};

/**
 * Answers in PostHog's stead where there is none, so that no SDK logs an error or asks again: nothing is switched on and
 * nothing kept. 404 for what would have to exist. `requestId` is what `/flags` calls this evaluation.
 */
export function answerLocally(request: Request, path: string, requestId: string): Response {
  const name = path.replace(/\/$/, "");
  const answer = (body: unknown) => withCors(request, Response.json(body));
  if (name in ANSWERS) return answer(ANSWERS[name]);
  if (name === "/decide") return answer({ ...REMOTE_CONFIG, config: {}, ...NO_FLAGS, requestId });
  if (name === "/flags") {
    const wanted = new URL(request.url).searchParams.get("config") === "true";
    return answer({ ...(wanted ? REMOTE_CONFIG : {}), ...NO_FLAGS, requestId });
  }
  if (name.startsWith("/i/v0/ai/otel")) return answer({});
  const [, token, form] = /^\/array\/([^/]+)\/config(\.js)?$/.exec(name) ?? [];
  if (token === undefined) {
    const detail = `there is no ${path} here: it comes from PostHog, and this gateway has no POSTHOG_HOST`;
    return answerFault(request, 404, "not_found", detail);
  }
  return form === undefined ? answer(REMOTE_CONFIG) : withCors(request, script(token));
}

/** The form in which posthog-js's loader script takes remote config. */
function script(token: string): Response {
  const key = JSON.stringify(token).replaceAll("<", "\\u003c");
  const config = JSON.stringify(REMOTE_CONFIG);
  const text = `(function() {
  window._POSTHOG_REMOTE_CONFIG = window._POSTHOG_REMOTE_CONFIG || {};
  window._POSTHOG_REMOTE_CONFIG[${key}] = { config: ${config}, siteApps: [] };
})();
`;
  return new Response(text, { headers: { "content-type": "application/javascript; charset=utf-8" } });
}
