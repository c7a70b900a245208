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
    from: "if free_at > now then return {'busy', free_at - now} end",
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
  "messages have no deduplication id": {
    file: "src/delivery/queue.ts",
    from: "deduplicationId: `${message.route}.${message.id}`,",
    to: "",
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
};

const worker = fileURLToPath(new URL("mutant.ts", import.meta.url));
const load = new URL("load.ts", import.meta.url).href;

/** Lives the schedules of the first seeds with a mutated gateway, in a process of its own; resolves to how many fail. */
export async function underMutation(name: string, seeds: number): Promise<number> {
  const child = spawn(process.execPath, ["--import", load, worker, name, String(seeds)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (part: Buffer) => (output += part.toString()));
  const code = await new Promise((resolve) => child.on("close", resolve));
  const noticed = Number(/noticed (\d+)\n$/.exec(output)?.[1] ?? Number.NaN);
  if (code !== 0 || Number.isNaN(noticed)) throw new Error(`"${name}" did not run: ${output.slice(-500)}`);
  return noticed;
}
