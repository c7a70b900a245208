import { createBuffer } from "@posthog/plugin-contrib";
import {
  type Meta,
  MetricsOperation,
  type Plugin,
  type PluginEvent,
  type PluginMeta,
  type ProcessedPluginEvent,
  RetryError,
} from "@posthog/plugin-scaffold";
import { expectTypeOf, test } from "vitest";

/** As published apps write it: the whole app in one type, helpers typed by its `meta`. */
type Warehouse = Plugin<{
  config: { url: string; limit: "small" | "large" };
  global: { buffer: ReturnType<typeof createBuffer>; seen: Set<string> };
  jobs: { upload: { batch: ProcessedPluginEvent[]; attempt: number } };
  metrics: { uploaded: MetricsOperation.Sum };
}>;

const setupPlugin: Warehouse["setupPlugin"] = ({ global, config, jobs }) => {
  global.buffer = createBuffer({
    limit: config.limit === "small" ? 10 : 1024 * 1024,
    timeoutSeconds: 10,
    onFlush: async (batch: ProcessedPluginEvent[]) => {
      if (!config.url.startsWith("https:")) throw new RetryError("not yet");
      await jobs.upload({ batch, attempt: 0 }).runIn(3, "seconds");
    },
  });
};

test("an app that names its parts gets a meta of those types", () => {
  expectTypeOf(setupPlugin).not.toBeAny();
  expectTypeOf<PluginMeta<Warehouse>["config"]["url"]>().toBeString();
  expectTypeOf<PluginMeta<Warehouse>["global"]["seen"]>().toEqualTypeOf<Set<string>>();
  expectTypeOf<PluginMeta<Warehouse>["metrics"]["uploaded"]["increment"]>().toBeFunction();
  expectTypeOf<
    Parameters<NonNullable<NonNullable<Warehouse["jobs"]>["upload"]>>[0]["attempt"]
  >().toBeNumber();
});

test("an app that names nothing may use whatever there is", () => {
  const read = (event: PluginEvent, { config, global, jobs, geoip }: Meta) => [
    event.properties?.["a"].b.c,
    config["url"].length,
    global["anything"](),
    jobs["work"]?.({}).runNow(),
    geoip.locate("203.0.113.7").then((city) => city?.location?.latitude),
  ];
  expectTypeOf(read).returns.toBeArray();
});
