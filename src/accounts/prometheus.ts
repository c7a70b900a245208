import type { Totals } from "./read.ts";

/** A project's counts since the beginning, and how many dead letters it has now. */
export interface ProjectMetrics {
  project: string;
  totals: Totals;
  deadLetters: number;
}

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

/**
 * Metrics in Prometheus' text format, version 0.0.4. Counters only grow, so that rates can be taken of them; one that has not
 * counted yet is absent. For PostHog as a destination `app` is empty.
 */
export function prometheusText(projects: readonly ProjectMetrics[]): string {
  const samplesOf = (read: (metrics: ProjectMetrics) => readonly Sample[]): Sample[] =>
    projects.flatMap((metrics) =>
      read(metrics).map(([labels, value]): Sample => [{ project: metrics.project, ...labels }, value]),
    );
  return [
    family(
      "edgehog_accepted_events_total",
      "counter",
      "Usable events of requests that were answered with success.",
      samplesOf(({ totals }) => [[{}, totals.accepted]]),
    ),
    family(
      "edgehog_duplicate_events_total",
      "counter",
      "Accepted events that had been accepted before.",
      samplesOf(({ totals }) => [[{}, totals.duplicate]]),
    ),
    family(
      "edgehog_dropped_events_total",
      "counter",
      "Accepted events that an app's processEvent dropped.",
      samplesOf(({ totals }) => samplesBy("app", totals.dropped)),
    ),
    family(
      "edgehog_processed_events_total",
      "counter",
      "Events that an app's processEvent let go on.",
      samplesOf(({ totals }) => samplesBy("app", totals.processed)),
    ),
    family(
      "edgehog_failed_events_total",
      "counter",
      "Events that an app's processEvent failed with; they went on all the same.",
      samplesOf(({ totals }) => samplesBy("app", totals.failed)),
    ),
    family(
      "edgehog_invalid_events_total",
      "counter",
      "Events that capture refused, which are not among the accepted.",
      samplesOf(({ totals }) => samplesBy("reason", totals.invalid)),
    ),
    family(
      "edgehog_destination_events_total",
      "counter",
      "Events at a destination: each routed one ends as delivered, ignored or dead. Retried, replayed, deleted and expired say more about them.",
      samplesOf(({ totals }) =>
        totals.destinations.flatMap(({ hook, plugin = "", ...outcomes }) =>
          Object.entries(outcomes).map(([outcome, value]): Sample => [{ app: plugin, hook, outcome }, value]),
        ),
      ),
    ),
    family(
      "edgehog_dead_letters",
      "gauge",
      "Dead letters kept.",
      samplesOf(({ deadLetters }) => [[{}, deadLetters]]),
    ),
  ].join("");
}

function samplesBy(label: string, numbers: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(numbers).map(([name, value]) => [{ [label]: name }, value]);
}

function family(name: string, type: "counter" | "gauge", help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value]) => `${name}{${labelText(labels)}} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(",");
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
