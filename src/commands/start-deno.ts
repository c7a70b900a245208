import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { startStack } from "../local/stack.ts";
import { denoProgram, root } from "./bundle.ts";

/**
 * `npm run start:deno`: runs the built bundle on Deno. Without Upstash the embedded stack serves from this process, beside
 * Deno's.
 */
const embedded =
  process.env["UPSTASH_REDIS_REST_URL"] || process.env["QSTASH_TOKEN"] ? null : await startEmbedded();
const deno = spawn(denoProgram(), ["run", "--allow-all", "--unstable-cron", join(root, "dist/deno.js")], {
  cwd: root,
  stdio: "inherit",
  env: {
    ...(embedded
      ? {
          PUBLIC_URL: `http://127.0.0.1:${process.env["PORT"] || 8787}`,
          EMBEDDED_DURABILITY: embedded.durability,
        }
      : {}),
    ...process.env,
    ...embedded?.env,
  },
});
process.on("SIGINT", () => deno.kill("SIGINT"));
process.on("SIGTERM", () => deno.kill("SIGTERM"));
deno.on("exit", async (code) => {
  await embedded?.stop();
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
  return stack;
}
