import { Buffer } from "node:buffer";
import { copyJson } from "../../json.ts";
import type { AppDefinition } from "../definition.ts";
import { createAppCache } from "./cache.ts";
import { createAppGeoip, type LocateInDatabase } from "./geoip.ts";
import type { AppJobs } from "./jobs.ts";
import type { AppMetrics } from "./metrics.ts";
import { createAppStorage } from "./storage.ts";

/** Makes the `meta` of an instance, the last argument of all its hooks. It is the app's to write to, as it was in PostHog. */
export function createMeta(options: {
  definition: AppDefinition;
  project: string;
  /** With settings filled in. */
  config: Readonly<Record<string, unknown>>;
  locate: LocateInDatabase;
  jobs: AppJobs;
  metrics: AppMetrics;
  /** The object that is kept as `global`. */
  global: object;
}): object {
  const { definition, project, config, jobs, metrics, global } = options;
  const { plugin } = definition;
  const { storage, cursor } = createAppStorage(project, plugin);
  return {
    // A copy at each look: what an app writes into it changes nothing for others (decisions 9).
    get config() {
      return copyJson(config);
    },
    set config(value) {
      Object.defineProperty(this, "config", { value, writable: true });
    },
    cache: createAppCache(project, plugin),
    storage,
    utils: { cursor },
    geoip: createAppGeoip(options.locate),
    jobs,
    metrics,
    global,
    attachments: decodeAttachments(definition),
  };
}

function decodeAttachments({ attachments }: AppDefinition): Record<string, unknown> {
  const decoded: Record<string, unknown> = {};
  for (const [field, attachment] of Object.entries(attachments)) {
    decoded[field] = { ...attachment, contents: Buffer.from(attachment.contents, "base64") };
  }
  return decoded;
}
