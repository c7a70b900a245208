import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { compile } from "../compiler/index.ts";
import { startStack } from "../local/stack.ts";
import { startCron } from "../schedule/cron.ts";
import { quietWrangler, root, wranglerProgram } from "./bundle.ts";
import { readDevVars } from "./dev-vars.ts";

const usage = `Usage: npm run dev [-- --port 8787]

Runs the gateway on workerd with an embedded Redis and QStash. Apps in plugins/ are compiled again whenever they change,
scheduled tasks fire every minute. Settings come from .dev.vars and the environment; all of them have defaults here.
REDIS_URL puts the embedded stack on a real Redis, so that events outlive a restart.
`;

const { values } = parseArgs({ options: { port: { type: "string" }, help: { type: "boolean" } } });
if (values.help) {
  console.log(usage);
  process.exit(0);
}

const port = Number(values.port ?? process.env["PORT"] ?? 8787);
const address = `http://127.0.0.1:${port}`;
const own = await readDevVars();
const redisUrl = own["REDIS_URL"] ?? process.env["REDIS_URL"];
try {
  await compile({ pluginsDirectory: join(root, "plugins"), outDirectory: join(root, "src/generated") });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
const stack = await startStack(redisUrl ? { redisUrl } : {});
const defaults: Record<string, string> = {
  PROJECT_TOKENS: "*",
  PUBLIC_URL: address,
  ADMIN_TOKEN: randomBytes(18).toString("base64url"),
  SECRETS_KEY: randomBytes(32).toString("base64"),
  EMBEDDED_DURABILITY: stack.durability,
  ...stack.env,
};
const settings: Record<string, string | undefined> = { ...defaults, ...own };
for (const name of ["PROJECT_TOKENS", "PUBLIC_URL", "POSTHOG_HOST", "ADMIN_TOKEN"]) {
  const given = process.env[name];
  if (given) settings[name] = given;
}

const wrangler = spawn(
  process.execPath,
  [
    wranglerProgram,
    "dev",
    "--ip",
    "127.0.0.1",
    "--port",
    String(port),
    "--show-interactive-dev-session=false",
    ...Object.entries(settings).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
  ],
  { cwd: root, stdio: "inherit", env: { ...process.env, ...quietWrangler } },
);
const stopCron = startCron(async (timeMs) => {
  const response = await fetch(`${address}/cdn-cgi/local/scheduled?cron=*+*+*+*+*&time=${timeMs}`);
  if (!response.ok) throw new Error(`the Worker answered ${response.status}`);
});

console.log(`
  Edgehog        ${address}   point your SDK's host here; any project token will do
  Admin          ${address}/admin   token ${settings["ADMIN_TOKEN"]}, for /admin/api too
  Events go to   ${settings["POSTHOG_HOST"] || "nowhere (set POSTHOG_HOST in .dev.vars)"}
  Kept in        ${stack.durability === "memory" ? "memory, until this ends" : "your Redis"}
`);

process.on("SIGINT", () => wrangler.kill("SIGINT"));
process.on("SIGTERM", () => wrangler.kill("SIGTERM"));
wrangler.on("exit", async (code) => {
  stopCron();
  await stack.stop();
  process.exit(code ?? 0);
});
