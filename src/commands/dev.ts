import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { compile } from "../compiler/index.ts";
import { isFree } from "../local/free-port.ts";
import { startStack } from "../local/stack.ts";
import { startCron } from "../schedule/cron.ts";
import { settingNames } from "../settings.ts";
import { quietWrangler, root, wranglerProgram } from "./bundle.ts";
import { announceDevSession } from "./dev-session.ts";
import { readDevVars } from "./dev-vars.ts";
import { runCommand, UsageError, WrongCall } from "./run-command.ts";

const usage = `Usage: npm run dev [-- --port 8787]

Runs the gateway on workerd with an embedded Redis and QStash. Apps in plugins/ are compiled again whenever they change,
scheduled tasks fire every minute. Settings come from .dev.vars and the environment; all of them have defaults here, and
Upstash is used only when .dev.vars names it. REDIS_URL puts the embedded stack on a real Redis, so that events outlive a
restart.
`;

const POLL_MS = 200;
const POLL_TIMEOUT_MS = 2000;

await runCommand(usage, { port: { type: "string" } }, async (words, values) => {
  if (words.length > 0) throw new WrongCall(`dev does not know ${words.join(" ")}.`);
  const port = Number(values.port ?? process.env["PORT"] ?? 8787);
  if (!(await isFree(port))) {
    throw new UsageError(`Port ${port} is taken, or is none: npm run dev -- --port <another>.`);
  }
  await compile({ pluginsDirectory: join(root, "plugins"), outDirectory: join(root, "src/generated") });

  const devVars = await readDevVars();
  const redisUrl = devVars["REDIS_URL"] ?? process.env["REDIS_URL"];
  const stack = await startStack(redisUrl ? { redisUrl } : {});
  const address = `http://127.0.0.1:${port}`;
  const adminToken = randomBytes(18).toString("base64url");
  const settings: Record<string, string | undefined> = {
    PROJECT_TOKENS: "*",
    PUBLIC_URL: address,
    ADMIN_TOKEN: adminToken,
    SECRETS_KEY: randomBytes(32).toString("base64"),
    EMBEDDED_DURABILITY: stack.durability,
    ...fromEnvironment(stack.env),
    ...stack.env,
    ...devVars,
  };
  const wrangler = startWrangler(port, settings);
  const ended = once(wrangler, "exit") as Promise<[number | null]>;
  process.on("SIGINT", () => wrangler.kill("SIGINT"));
  process.on("SIGTERM", () => wrangler.kill("SIGTERM"));

  const undo: (() => unknown)[] = [stack.stop];
  const health = await firstHealth(address, wrangler);
  if (health?.faults) {
    console.error(`\nSettings are faulty; mend them and start again:\n  ${health.faults.join("\n  ")}`);
  } else if (health) {
    undo.push(startCron((timeMs) => fireCron(address, timeMs)));
    // A token that was set commands find by themselves.
    if (settings["ADMIN_TOKEN"] === adminToken) {
      undo.push(await announceDevSession({ url: address, token: adminToken }));
    }
    console.log(`
  Edgehog        ${address}   point your SDK's host here; any project token will do
  Admin          ${address}/admin   token ${settings["ADMIN_TOKEN"]}
  Logs           here, and npm run logs -- <app>
  Tasks          run when they are due, whatever wrangler says above about triggers
  Events go to   ${settings["POSTHOG_HOST"] || "nowhere (set POSTHOG_HOST in .dev.vars)"}
  Kept in        ${stack.durability === "memory" ? "memory, until this ends" : "your Redis"}
`);
  }
  const [code] = await ended;
  for (const step of undo.toReversed()) await step();
  process.exit(code ?? 0);
});

/** Settings from the environment, but not where Upstash is, since that may be production's. */
function fromEnvironment(embedded: Readonly<Record<string, string>>): Record<string, string | undefined> {
  const given = settingNames.filter((name) => process.env[name] && !Object.hasOwn(embedded, name));
  return Object.fromEntries(given.map((name) => [name, process.env[name]]));
}

function startWrangler(port: number, settings: Record<string, string | undefined>): ChildProcess {
  const variables = Object.entries(settings).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
  const options = ["--ip", "127.0.0.1", "--port", String(port), "--show-interactive-dev-session=false"];
  return spawn(process.execPath, [wranglerProgram, "dev", ...options, ...variables], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...quietWrangler },
  });
}

async function fireCron(address: string, timeMs: number): Promise<void> {
  try {
    const response = await fetch(`${address}/cdn-cgi/local/scheduled?cron=*+*+*+*+*&time=${timeMs}`);
    if (!response.ok) throw new Error(`the Worker answered ${response.status}`);
  } catch (error) {
    console.error(`a cron tick was not done, the next one comes in a minute: ${(error as Error).message}`);
  }
}

/** What health says as soon as the gateway answers; null when wrangler has ended before. */
async function firstHealth(
  address: string,
  wrangler: ChildProcess,
): Promise<{ faults?: readonly string[] } | null> {
  while (wrangler.exitCode === null && wrangler.signalCode === null) {
    try {
      const signal = AbortSignal.timeout(POLL_TIMEOUT_MS);
      const response = await fetch(`${address}/_gateway/health`, { signal });
      return (await response.json()) as { faults?: readonly string[] };
    } catch {
      // It does not listen yet.
      await wait(POLL_MS);
    }
  }
  return null;
}
