import { IllegalOperationError } from "../errors.ts";

/** How values of a metric come together. */
export type MetricKind = "sum" | "max" | "min";
export type MetricKinds = Readonly<Record<string, MetricKind>>;

/** `meta.metrics`: by name, the one operation of its kind. */
export type AppMetrics = Readonly<Record<string, Readonly<Record<string, (value: number) => void>>>>;

/** How often an instance's counts go out, at the next one that it counts. */
const FLUSH_MS = 60_000;

const operationOf = { sum: "increment", max: "max", min: "min" } as const;
const combine: Readonly<Record<MetricKind, (a: number, b: number) => number>> = {
  sum: (a, b) => a + b,
  max: Math.max,
  min: Math.min,
};

/** Metrics that every exporting app had in PostHog without declaring them (runtime 2.9). */
const EXPORT_METRICS: MetricKinds = {
  events_seen: "sum",
  events_delivered_successfully: "sum",
  undelivered_events: "sum",
  retry_errors: "sum",
  other_errors: "sum",
};

/** Reads an app's `metrics` export, in whatever case. Throws, so that the app does not load, for kinds that do not exist. */
export function metricKinds(declared: Readonly<Record<string, unknown>>, isExporting: boolean): MetricKinds {
  const kinds = Object.entries(declared).map(([name, kind]) => [name, String(kind).toLowerCase()] as const);
  const invalid = kinds.filter(([, kind]) => !Object.hasOwn(operationOf, kind)).map(([, kind]) => kind);
  if (invalid.length > 0) {
    throw new IllegalOperationError(
      `Only 'sum', 'max', and 'min' are supported as metric types. Invalid types received: ${invalid.join(", ")}`,
    );
  }
  return { ...(isExporting ? EXPORT_METRICS : {}), ...(Object.fromEntries(kinds) as MetricKinds) };
}

/**
 * Counts in the isolate and hands what came together to `flush` at the first operation after a minute. What an isolate
 * has not handed over when it ends is lost. No command, no message until then.
 */
export function createAppMetrics(options: {
  kinds: MetricKinds;
  now: () => Date;
  flush: (values: Record<string, number>) => void;
}): AppMetrics {
  const { kinds, now, flush } = options;
  let values: Record<string, number> = {};
  let sinceMs: number | null = null;

  function add(name: string, kind: MetricKind, value: unknown): void {
    if (typeof value !== "number") {
      throw new IllegalOperationError("Only numbers are allowed for operations on metrics");
    }
    const known = values[name];
    values[name] = known === undefined ? value : combine[kind](known, value);
    const nowMs = now().getTime();
    sinceMs ??= nowMs;
    if (nowMs - sinceMs < FLUSH_MS) return;
    sinceMs = nowMs;
    const counted = values;
    values = {};
    flush(counted);
  }

  const operations = Object.entries(kinds).map(
    ([name, kind]) => [name, { [operationOf[kind]]: (value: unknown) => add(name, kind, value) }] as const,
  );
  return new Proxy(Object.fromEntries(operations), {
    get(known, name) {
      // Whoever prints `meta` asks for `toJSON`; that is no author who misspelt a metric.
      const isMissing = typeof name === "string" && name !== "toJSON" && !Object.hasOwn(known, name);
      if (isMissing) throw new Error("Invalid metric name");
      return Reflect.get(known, name);
    },
  });
}
