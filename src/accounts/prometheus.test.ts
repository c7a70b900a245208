import { expect, test } from "vitest";
import { prometheusText } from "./prometheus.ts";
import { totalsOf } from "./read.ts";

test("names, types and labels are those of Prometheus' text format, escaped", () => {
  const account = ["accepted", "7", "dropped processEvent filter", "2", "routed posthog", "5"];
  const totals = totalsOf([[...account, 'delivered jobs.C:\\dir "x"\ny app', "3"]]);
  const text = prometheusText([{ project: "phc_a", totals, deadLetters: 4 }]);
  expect(text.endsWith("\n")).toBe(true);
  expect(text.split("\n")).toEqual(
    expect.arrayContaining([
      "# TYPE edgehog_accepted_events_total counter",
      'edgehog_accepted_events_total{project="phc_a"} 7',
      'edgehog_dropped_events_total{project="phc_a",app="filter"} 2',
      'edgehog_destination_events_total{project="phc_a",app="",hook="posthog",outcome="routed"} 5',
      'edgehog_destination_events_total{project="phc_a",app="app",hook="jobs.C:\\\\dir \\"x\\"\\ny",outcome="delivered"} 3',
      "# TYPE edgehog_dead_letters gauge",
      'edgehog_dead_letters{project="phc_a"} 4',
    ]),
  );
  const line = /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+\{([a-z]+="([^"\\\n]|\\[\\n"])*",?)*\} \d+)$/;
  for (const each of text.trimEnd().split("\n")) expect(each).toMatch(line);
});
