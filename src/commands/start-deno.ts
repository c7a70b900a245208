import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { startStack } from "../local/stack.ts";
import { denoProgram, root } from "./bundle.ts";
import { runCommand, WrongCall } from "./run-command.ts";

const usage = `Usage: npm run start:deno

Runs the built bundle on Deno, with settings from the environment. Without Upstash the embedded Redis and QStash serve from
this process, beside Deno's; with REDIS_URL on a real Redis.
`;

await runCommand(usage, {}, async (words) => {
  if (words.length > 0) throw new WrongCall(`start:deno does not know ${words.join(" ")}.`);
  const { UPSTASH_REDIS_REST_URL, QSTASH_TOKEN } = process.env;
  const embedded = UPSTASH_REDIS_REST_URL || QSTASH_TOKEN ? null : await startEmbedded();
  const deno = spawn(denoProgram(), ["run", "--allow-all", "--unstable-cron", join(root, "dist/deno.js")], {
    cwd: root,
    stdio: "inherit",
    env: { ...embedded?.defaults, ...process.env, ...embedded?.stack.env },
  });
  process.on("SIGINT", () => deno.kill("SIGINT"));
  process.on("SIGTERM", () => deno.kill("SIGTERM"));
  const [code] = (await once(deno, "exit")) as [number | null];
  await embedded?.stack.stop();
  process.exit(code ?? 0);
});

async function startEmbedded() {
  const redisUrl = process.env["REDIS_URL"];
  const stack = await startStack(redisUrl ? { redisUrl } : {});
  if (stack.durability === "memory") {
    console.warn(
      "Neither UPSTASH_* nor REDIS_URL is set: events wait in memory and are lost when this ends.",
    );
  }
  const PUBLIC_URL = `http://127.0.0.1:${process.env["PORT"] || 8787}`;
  return { stack, defaults: { PUBLIC_URL, EMBEDDED_DURABILITY: stack.durability } };
}
