import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { unstable_readConfig as readConfig } from "wrangler";
import { root, wranglerProgram } from "./bundle.ts";
import { deploymentFaults, requiredSecrets } from "./deployable.ts";

const usage = `Usage: npm run deploy [-- <options of wrangler deploy>]

Checks that the settings the gateway needs are there, as vars of wrangler.toml or as secrets, then deploys to Cloudflare.
Needs a login: npx wrangler login, or CLOUDFLARE_API_TOKEN. With --dry-run it needs none, does not look at secrets, and bundles
the Worker without uploading it.
`;

const options = process.argv.slice(2);
if (options.includes("--help")) {
  console.log(usage);
  process.exit(0);
}

const { vars } = readConfig({ config: join(root, "wrangler.toml") });
const secrets = options.includes("--dry-run") ? requiredSecrets : await listSecrets();
const faults = deploymentFaults(vars, secrets);
if (faults.length > 0) {
  console.error(`Not deployed, settings are faulty:\n${faults.map((fault) => `  ${fault}`).join("\n")}

Put what is no secret under [vars] in wrangler.toml, and secrets where they belong:
  npx wrangler secret put QSTASH_TOKEN
`);
  process.exit(1);
}

const deploy = spawn(process.execPath, [wranglerProgram, "deploy", ...options], {
  cwd: root,
  stdio: "inherit",
});
deploy.on("exit", (code) => process.exit(code ?? 1));

/** Names of the Worker's secrets; none before it has been deployed for the first time. */
async function listSecrets(): Promise<string[]> {
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [wranglerProgram, "secret", "list", "--format", "json"],
      { cwd: root },
    );
    return (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name);
  } catch (error) {
    const { stderr = "", stdout = "" } = error as { stderr?: string; stdout?: string };
    // 10007: Cloudflare knows no Worker of this name yet.
    if (`${stderr}${stdout}`.includes("10007")) return [];
    console.error(`wrangler could not list the Worker's secrets:\n${stderr || stdout}`);
    return process.exit(1);
  }
}
