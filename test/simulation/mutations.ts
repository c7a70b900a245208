import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A way to break the gateway: a text of one of its files, and what stands there instead. */
export interface Mutation {
  file: string;
  from: string;
  to: string;
}

/** What the simulation has to notice. A text that is no longer in its file is an error: then the mutation has to follow. */
export const mutations: Readonly<Record<string, Mutation>> = {
  "a message has no lease": {
    file: "src/delivery/progress/begin.ts",
    from: "if free_at > now and progress.owner ~= ARGV[3] then return {'busy', free_at - now} end",
    to: "",
  },
  "steps that are done are not remembered": {
    file: "src/delivery/progress/run.ts",
    from: "if (behind.has(name)) return;",
    to: "",
  },
  "duplicates are not looked for": {
    file: "src/delivery/progress/begin.ts",
    from: "if owner and owner ~= tag and now - tonumber(at) < window then",
    to: "if false then",
  },
  "capture answers before QStash has accepted": {
    file: "src/ingest.ts",
    from: "await options.queue.publish([...messages, ...(await options.leftovers(scope))]);",
    to: "options.queue.publish([...messages, ...(await options.leftovers(scope))]).catch(() => {});",
  },
  "a message is recorded as done before what follows is published": {
    file: "src/delivery/progress/run.ts",
    from: "const isKept = outbox === null || (await keep(outbox));",
    to: "const isKept = false; await recordDone();",
  },
  "what a message appends to a buffer is not remembered": {
    file: "src/delivery/exports/buffer.ts",
    from: "if before then return before end",
    to: "",
  },
  "a batch is acknowledged before it is exported": {
    file: "src/delivery/exports/execute-batch.ts",
    from: "const execution = await executeDeferred({",
    to: "await settle(tried, plugin, { delivered: length }, messageId); const execution = await executeDeferred({",
  },
  "steps count each time they are recorded": {
    file: "src/delivery/progress/record.ts",
    from: "if not progress.outbox and not progress.steps[step] then",
    to: "if true then",
  },
  "what Redis did not count is forgotten": {
    file: "src/delivery/progress/run.ts",
    from: ".recordLater(steps)",
    to: ".recordLater({})",
  },
  "a task has no lease": {
    file: "src/schedule/tasks.ts",
    from: "if (!held) return;",
    to: "",
  },
  "secrets are not masked in dead letters": {
    file: "src/delivery/dead-letters/index.ts",
    from: "error: mask(each.error)",
    to: "error: each.error",
  },
  "marks have no life time": {
    file: "src/delivery/progress/begin.ts",
    from: "redis.call('EXPIRE', KEYS[4], ARGV[6])",
    to: "",
  },
  "what follows from a message is not published": {
    file: "src/delivery/progress/run.ts",
    from: "await options.publish(isKept ? outgoing : [...outgoing, ...takeBurials()]);",
    to: "",
  },
  "a message's lease is never renewed": {
    file: "src/delivery/progress/run.ts",
    from: "const renewal = record && setInterval(save, LEASE_MS / 3);",
    to: "const renewal = null;",
  },
  "a message's lease never ends": {
    file: "src/delivery/progress/begin.ts",
    from: "progress.untilMs = now + tonumber(ARGV[2])",
    to: "progress.untilMs = now + 1e10",
  },
  "progress is kept for a minute": {
    file: "src/keys.ts",
    from: "progressTtlSeconds: 25 * 60 * minute",
    to: "progressTtlSeconds: 60",
  },
  "a task's lease is never renewed, and its run believes in it": {
    file: "src/schedule/hold.ts",
    from: "setInterval(() => void renew(),",
    to: "setInterval(() => (heldUntilMs = Infinity),",
  },
  "the spool is swept and keeps what was published": {
    file: "src/delivery/spool/drain.ts",
    from: "line.moveOn([...accepted, ...missing], faulty)",
    to: "line.moveOn([], faulty)",
  },
  "the spool forgets what QStash refuses": {
    file: "src/delivery/spool/drain.ts",
    from: "{ accepted, missing, faulty: [], stop: true }",
    to: "{ accepted: [...accepted, ...left], missing, faulty: [], stop: true }",
  },
  "a dead letter stays when it is replayed": {
    file: "src/delivery/dead-letters/take.ts",
    from: "redis.call('RENAME', KEYS[6], KEYS[7])",
    to: "redis.call('SET', KEYS[7], text)",
  },
  "a lane loses what waits in it": {
    file: "src/delivery/follow-up.ts",
    from: "...remainder, lane: true as const };",
    to: "...remainder, events: [], lane: true as const };",
  },
  "PostHog gets one half of a batch that is too large": {
    file: "src/delivery/posthog/index.ts",
    from: "[events.slice(0, half), events.slice(half)]",
    to: "[events.slice(0, half)]",
  },
};

const worker = fileURLToPath(new URL("mutant.ts", import.meta.url));
const load = new URL("../tsx.ts", import.meta.url).href;

/** Lives the schedules of the first seeds with a mutated gateway, in a process of its own; resolves to the one that fails. */
export async function underMutation(name: string, seeds: number): Promise<number | null> {
  const child = spawn(process.execPath, ["--import", load, worker, name, String(seeds)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (part: Buffer) => (output += part.toString()));
  const code = await new Promise((resolve) => child.on("close", resolve));
  const noticed = /noticed by (\d+|none)\n$/.exec(output)?.[1];
  if (code !== 0 || noticed === undefined) throw new Error(`"${name}" did not run: ${output.slice(-500)}`);
  return noticed === "none" ? null : Number(noticed);
}
