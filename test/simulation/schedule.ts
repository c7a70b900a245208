import type { Fate, Host } from "./network.ts";
import { createRandom, type Random } from "./random.ts";

/** What an app does with an event, execution by execution; the last holds for all further ones. */
export type Outcome = "ok" | "retry" | "error" | "hang" | "slow";

export interface EventPlan {
  /** Its name all the way: unique in the schedule. */
  n: string;
  /** `noise` is dropped by an app, `seed` makes another one capture an event and schedule a job. */
  event: "page" | "noise" | "seed";
  /** Undefined: the gateway makes one. */
  uuid?: string;
  person: string;
  outcomes: readonly Outcome[];
}

export const projects = ["phc_one", "phc_two"] as const;

/** Apps of a deployment; see `apps.ts`. */
export const deployments = [
  "all",
  "reversed",
  "next version",
  "without flaky",
  "exporter off",
  "one more",
] as const;
export type Deployment = (typeof deployments)[number];

/** One thing that happens, at a time after the start (ms). Each can be left out without changing the others. */
export type Item = { at: number } & (
  | { do: "send"; project: string; protocol: "v0" | "v1"; events: readonly EventPlan[] }
  /** Sends what was sent before once more, whatever came of it. */
  | { do: "repeat"; project: string; protocol: "v0" | "v1"; events: readonly EventPlan[] }
  /** One fault, at a call so many calls later. */
  | { do: "fault"; to: Host; skip: number; fate: Fate }
  /** Faults for a while, at a share of the calls. */
  | { do: "trouble"; to: Host; forMs: number; share: number; fates: readonly Fate[] }
  | { do: "kill"; which: number }
  | { do: "jump"; which: number; byMs: number }
  | { do: "deploy"; deployment: Deployment; gentle: boolean }
  | { do: "rotate" }
  | { do: "cron"; how: "missed" | "twice"; forMs: number }
  /** A person has all dead letters replayed. */
  | { do: "replay" }
  /** PostHog, or the warehouse that apps export to, answers otherwise for a while; PostHog says 413 to more than one event. */
  | { do: "answers"; of: "posthog" | "warehouse"; status: number; forMs: number }
);

export interface Schedule {
  seed: number;
  /** Milliseconds after which nothing breaks any more. */
  healsAt: number;
  items: readonly Item[];
}

const outcomes: readonly Outcome[] = ["ok", "retry", "error", "hang", "slow"];
const fates: Record<Host, readonly Fate[]> = {
  redis: ["refuse", "reset", "hang", "lose answer", "go silent", "slow"],
  qstash: ["refuse", "reset", "hang", "lose answer", "go silent", "slow"],
  posthog: ["refuse", "reset", "hang", "lose answer", "go silent", "slow"],
  warehouse: ["refuse", "reset", "hang", "lose answer", "slow"],
  edge: ["reset", "lose answer", "go silent", "slow", "late", "twice", "twice", "twice"],
};
const hosts: readonly Host[] = ["redis", "redis", "qstash", "qstash", "posthog", "warehouse", "edge", "edge"];

/** The schedule of a seed: requests, and some of all kinds of trouble, in the order of time. */
export function scheduleOf(seed: number): Schedule {
  const random = createRandom(seed);
  const healsAt =
    random.pick([40_000, 40_000, 40_000, 120_000, 120_000, 120_000, 120_000, 600_000]) *
    (random.chance(0.03) ? 10 : 1);
  const at = () => random.between(0, healsAt - 1);
  const requests = sends(random.fork(), healsAt);
  const items: Item[] = [...requests, ...repeats(random.fork(), requests, healsAt)];

  // Not all kinds at once: what one kind excuses, another must not.
  const kinds = {
    duplicates: 0.4,
    calls: 0.6,
    troubles: 0.3,
    crashes: 0.5,
    kills: 0.2,
    jumps: 0.1,
    deploys: 0.25,
    answers: 0.3,
  };
  const has = Object.fromEntries(Object.entries(kinds).map(([kind, p]) => [kind, random.chance(p)]));
  const add = (kind: string, most: number, make: () => Item) => {
    if (!has[kind]) return;
    for (let left = random.between(1, most); left > 0; left -= 1) items.push(make());
  };
  const near = () => Math.max(0, random.pick(requests).at + random.between(-100, 3000));
  add("calls", 5, () => {
    const to = random.pick(hosts);
    return { do: "fault", at: near(), to, skip: random.between(0, 25), fate: random.pick(fates[to]) };
  });
  add("duplicates", 4, () => ({
    do: "fault",
    at: near(),
    to: "edge",
    skip: random.between(0, 4),
    fate: "twice",
  }));
  add("crashes", 3, () => ({
    do: "fault",
    at: near(),
    to: random.pick(["redis", "redis", "qstash", "posthog", "warehouse"]),
    skip: random.between(0, 20),
    fate: random.pick(["crash before", "crash after"]),
  }));
  add("troubles", 2, () => {
    const to = random.pick(hosts);
    const forMs = random.pick([2000, 15_000, 60_000, healsAt]);
    const share = random.pick([0.1, 0.5, 1]);
    return {
      do: "trouble",
      at: random.chance(0.5) ? near() : at(),
      to,
      forMs,
      share,
      fates: [random.pick(fates[to])],
    };
  });
  add("kills", 2, () => ({ do: "kill", at: near(), which: random.between(0, 1) }));
  add("jumps", 2, () => {
    const byMs = random.pick([-2000, -500, 700, 5000, 35_000, 400_000]);
    return { do: "jump", at: at(), which: random.between(0, 1), byMs };
  });
  add("deploys", 2, () => ({
    do: "deploy",
    at: near(),
    deployment: random.pick(deployments),
    gentle: random.chance(0.5),
  }));
  add("answers", 2, () => ({
    do: "answers",
    at: at(),
    of: random.pick(["posthog", "warehouse"]),
    status: random.pick([500, 503, 429, 400, 401, 413]),
    forMs: random.pick([1000, 20_000, 120_000]),
  }));
  if (random.chance(0.1)) {
    // Nothing can be acknowledged then.
    const together = { at: near(), forMs: 30_000, share: 1, fates: ["reset" as const] };
    for (const to of ["redis", "qstash"] as const) items.push({ do: "trouble", to, ...together });
  }
  if (random.chance(0.1)) items.push({ do: "rotate", at: at() });
  if (random.chance(0.2)) {
    items.push({
      do: "cron",
      at: at(),
      how: random.pick(["missed", "twice"]),
      forMs: random.pick([60_000, 300_000]),
    });
  }
  if (random.chance(0.2)) {
    for (let left = random.between(1, 2); left > 0; left -= 1) items.push({ do: "replay", at: at() });
  }
  if (random.chance(0.15)) {
    // Longer than a minute: sweeps of the spool meet it too.
    const fate = random.pick(["refuse", "reset", "hang"] as const);
    items.push({ do: "trouble", to: "qstash", at: near(), forMs: 150_000, share: 1, fates: [fate] });
  }
  if (random.chance(0.2)) {
    // What took a call says that it did not, as a proxy in front of it does.
    const to = random.pick(hosts);
    const denied = { to, share: random.pick([0.2, 1]), fates: ["deny" as const] };
    items.push({ do: "trouble", at: near(), forMs: random.pick([2000, 60_000]), ...denied });
  }
  if (random.chance(0.1)) {
    // Over the end of an hour, and back.
    const byMs = random.pick([-4_000_000, 4_000_000]);
    items.push({ do: "jump", at: at(), which: random.between(0, 1), byMs });
  }
  const inTime = items.filter(({ at: time }) => time < healsAt);
  return { seed, healsAt, items: inTime.toSorted((a, b) => a.at - b.at) };
}

type Send = Extract<Item, { do: "send" }>;

function sends(random: Random, healsAt: number): Send[] {
  let made = 0;
  return Array.from({ length: random.between(2, 5) }, () => {
    const protocol = random.pick(["v0", "v0", "v1"] as const);
    const named = protocol === "v1" || random.chance(0.7);
    return {
      do: "send",
      at: random.between(0, Math.min(healsAt, 120_000) - 1),
      project: random.pick(projects),
      protocol,
      events: Array.from({ length: random.between(1, 4) }, (): EventPlan => {
        const n = `e${(made += 1)}`;
        return {
          n,
          event: random.pick(["page", "page", "page", "noise", "seed"]),
          ...(named || random.chance(0.2) ? { uuid: uuidOf(made) } : {}),
          person: random.pick(["ann", "bob"]),
          outcomes: random.chance(0.6)
            ? ["ok"]
            : Array.from({ length: random.between(1, 7) }, () => random.pick(outcomes)),
        };
      }),
    };
  });
}

/** The same request again, or some of its events in another one: events with uuids of the client's alone can be told. */
function repeats(random: Random, requests: readonly Send[], healsAt: number): Item[] {
  return requests.flatMap((request): Item[] => {
    const known = request.events.filter(({ uuid }) => uuid !== undefined);
    if (known.length === 0 || !random.chance(0.4)) return [];
    const at = request.at + random.pick([0, 20, 300, 3000, 60_000, 500_000]);
    if (at >= healsAt) return [];
    const { project, protocol } = request;
    const isWhole = known.length === request.events.length && random.chance(0.5);
    const others = random.chance(0.5) ? random.pick(requests) : request;
    const more = others.project === project ? others.events.filter(({ uuid }) => uuid !== undefined) : [];
    const events = isWhole
      ? known
      : [...new Set([...more, ...known.slice(0, random.between(1, known.length))])];
    return [{ do: "repeat", at, project, protocol, events }];
  });
}

function uuidOf(number: number): string {
  return `0190f0a0-0000-7000-8000-${String(number).padStart(12, "0")}`;
}
