import type { Results } from "./run.ts";
import type { Spread } from "./statistics.ts";
import { formatTable } from "../table.ts";

const left = (title: string) => ({ title, align: "left" as const });
const right = (title: string) => ({ title });

/** The results as text for a person, at most 100 columns wide. */
export function formatReport(results: Results): string {
  return [
    captureSection(results),
    chainSection(results),
    wholeWaySection(results),
    billSection(results),
    startUpSection(results),
  ].join("\n\n");
}

function captureSection({ capturePath, rounds }: Results): string {
  const rows = capturePath.map((cost) => [
    cost.payload,
    cost.worker,
    spread(cost.cpuPerRequestUs),
    cost.cpuPerEventUs.toFixed(1),
    cost.timesBare ? spread(cost.timesBare, 2) : "1",
    cost.requestsPerSecond.toFixed(0),
    cost.benchCpuPerRequestUs.toFixed(0),
    String(cost.requestsPerRound),
  ]);
  const columns = [
    left("events"),
    left("worker"),
    right("µs/request"),
    right("µs/event"),
    right("× bare"),
    right("req/s"),
    right("load µs"),
    right("n"),
  ];
  return `CAPTURE PATH  processor time of the workerd process, user + system
Median (min–max) of ${rounds} rounds of n requests, bare Worker and gateways in turn. All publish to a
sink that answers as QStash does and delivers nothing. "load µs": what load and sink took for each.
2 apps: property-filter and url-normaliser, which keep no state. Cache: first-time-event as well.

${formatTable(columns, rows)}`;
}

function chainSection({
  chainOverhead: { apps, payload, requestsPerRound, cpuPerEventAndAppUs },
  rounds,
}: Results) {
  return `CHAIN  what it costs by itself: ${apps} apps that do nothing, less no apps, events ${payload}
Median (min–max) of ${rounds} rounds of ${requestsPerRound} requests.

${spread(cpuPerEventAndAppUs, 2)} µs per event and app`;
}

function wholeWaySection({ wholeWay, rounds }: Results): string {
  const rows = wholeWay.map((cost) => [
    cost.payload,
    cost.worker,
    spread(cost.cpuPerEventUs, 1),
    cost.eventsPerSecond.toFixed(0),
    String(cost.requestsPerRound),
  ]);
  const columns = [left("events"), left("worker"), right("µs/event"), right("events/s"), right("n")];
  return `WHOLE WAY  processor time of workerd for capture, delivery by QStash, and the batch to PostHog
Median (min–max) of ${rounds} rounds of n requests. The embedded QStash is what bounds events/s.

${formatTable(columns, rows)}`;
}

function billSection({ captureBill, wholeWay }: Results): string {
  const rows = wholeWay.map((whole) => {
    const capture = captureBill.find(
      ({ payload, worker }) => payload === whole.payload && worker === whole.worker,
    );
    return [
      whole.payload,
      whole.worker,
      count(capture?.redisCommands ?? Number.NaN),
      count(capture?.qstashMessages ?? Number.NaN),
      count(whole.redisCommands),
      count(whole.qstashMessages),
    ];
  });
  const columns = [
    left("events"),
    left("worker"),
    right("Redis capture"),
    right("QStash capture"),
    right("Redis whole"),
    right("QStash whole"),
  ];
  return `BILL  per 1,000 events in a warm isolate: Redis commands, QStash messages
A message is billed once, by its delivery: the whole way includes capture, and is not on top of it.

${formatTable(columns, rows)}`;
}

function startUpSection({ startUp, rounds }: Results): string {
  const rows = startUp.map((start) => [
    start.worker,
    kilobytes(start.bundleBytes),
    kilobytes(start.gzipBytes),
    spread(start.firstAnswerMs),
    spread(start.cpuMs),
  ]);
  const columns = [
    left("worker"),
    right("bundle KB"),
    right("gzip KB"),
    right("first 200, ms"),
    right("CPU ms"),
  ];
  return `START-UP  a new workerd process, from its start until it has acknowledged one event
Median (min–max) of ${rounds} starts. Bundles as wrangler uploads them.

${formatTable(columns, rows)}`;
}

function spread({ median, min, max }: Spread, digits = 0): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

function count(value: number): string {
  return value.toFixed(value >= 100 || Number.isInteger(value) ? 0 : 1);
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(0);
}
