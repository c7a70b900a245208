import { Hono } from "hono";
import { routePath } from "./path.ts";
import { openReception, type CaptureOptions } from "./reception.ts";
import { createV0 } from "./v0/index.ts";
import { createV1 } from "./v1/index.ts";

/** Paths of PostHog's capture protocol v0. The encodings are told by the bytes, so that all of them take all. */
const V0_PATHS = ["/e", "/i/v0/e", "/batch", "/capture", "/track", "/engage", "/i/v0/ai/batch"];

/**
 * Serves PostHog's capture protocols v0 and v1: decodes, authorises and validates events, hands them to `ingest`, and
 * answers as SDKs expect it. Mount it under "/" of an app whose `getPath` is {@link routePath}; without that, trailing
 * and doubled slashes do not match.
 */
export function createCapture(options: CaptureOptions): Hono {
  const reception = openReception(options);
  const v0 = createV0(reception);
  const v1 = createV1(reception);
  const app = new Hono({ getPath: routePath });

  for (const path of V0_PATHS) app.all(path, (context) => v0(context, path === "/engage"));
  app.all("/i/v1/analytics/events", (context) => v1(context, "analytics"));
  app.all("/i/v1/ai/events", (context) => v1(context, "ai"));
  return app;
}
