import { build } from "esbuild";
import type { Sink } from "../sink.ts";
import { AWKWARD, AWKWARD_RECEIVED, TOKEN, type Told } from "../told.ts";
import { withPage } from "./chromium.ts";

interface Lite {
  capture(event: string, properties?: Record<string, unknown>): void;
  identify(distinctId: string, set: Record<string, unknown>): void;
  groupIdentify(type: string, key: string, set: Record<string, unknown>): void;
  getDistinctId(): string;
}

interface LiteWindow {
  Lite: { PostHog?: LiteConstructor; default?: LiteConstructor };
  rightNow(): number;
}

type LiteConstructor = new (token: string, options: Record<string, unknown>) => Lite;

const QUIET_MS = 2_000;
const BEN = "ben@example.com";

/**
 * A visit with posthog-js-lite, in Chromium as on a site.
 * @param folder the installed package
 * @param captureMode how the release sends: as a form, or as JSON
 */
export async function recordLite(
  sink: Sink,
  folder: string,
  version: string,
  captureMode: string,
): Promise<Told[]> {
  const { outputFiles } = await build({
    entryPoints: [folder],
    mainFields: ["module"],
    bundle: true,
    write: false,
    format: "iife",
    globalName: "Lite",
  });
  sink.serve("/lite.js", "text/javascript; charset=utf-8", outputFiles[0]?.text ?? "");
  const sender = { $lib: "js", $lib_version: version };
  const told: Told[] = [];
  await withPage(sink, ["/lite.js"], async (page) => {
    const said = await page.evaluate(visit, {
      token: TOKEN,
      host: sink.url,
      captureMode,
      properties: AWKWARD,
    });
    const { atMs, id } = said;
    told.push(
      { atMs, event: "order placed", distinct_id: id, properties: { ...sender, ...AWKWARD_RECEIVED } },
      {
        atMs,
        event: "$identify",
        distinct_id: BEN,
        properties: { ...sender, $anon_distinct_id: id },
        $set: { plan: "größer" },
      },
      {
        atMs,
        event: "$groupidentify",
        distinct_id: BEN,
        properties: {
          ...sender,
          $group_type: "company",
          $group_key: "acme",
          $group_set: { name: "Acme & Söhne" },
        },
      },
      { atMs, event: "signed in", distinct_id: BEN, properties: { ...sender, first: true } },
    );
    await sink.quiet(QUIET_MS);
  });
  return told;
}

/** Runs in the page, from its source text: it must not refer to anything outside of itself. */
function visit(options: {
  token: string;
  host: string;
  captureMode: string;
  properties: Record<string, unknown>;
}) {
  const { Lite: library, rightNow } = globalThis as unknown as LiteWindow;
  const Sdk = library.PostHog ?? library.default;
  if (Sdk === undefined) throw new Error("the bundle exports no PostHog");
  const { host, captureMode } = options;
  const posthog = new Sdk(options.token, {
    host,
    captureMode,
    flushAt: 2,
    flushInterval: 300,
    captureHistoryEvents: false,
  });
  const atMs = rightNow();
  const id = posthog.getDistinctId();
  posthog.capture("order placed", options.properties);
  posthog.identify("ben@example.com", { plan: "größer" });
  posthog.groupIdentify("company", "acme", { name: "Acme & Söhne" });
  posthog.capture("signed in", { first: true });
  return { atMs, id };
}
