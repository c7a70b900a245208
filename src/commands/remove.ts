import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline/promises";
import { checkAgain, checkName, unlistApp, UsageError } from "./kit/project.ts";
import { runCommand } from "./kit/run.ts";
import { root } from "./bundle.ts";

const usage = `Usage: npm run remove <name> [-- --yes]

Removes an app: plugins/<name> and its entries in plugins/apps.json. Asks first; --yes does not.
What the app keeps in Redis stays there.
`;

await runCommand(usage, { yes: { type: "boolean", short: "y" } }, async ([name, ...rest], { yes }) => {
  if (!name || rest.length > 0) throw new UsageError(`Say which app to remove.\n\n${usage}`);
  checkName(name);
  const directory = join(root, "plugins", name);
  if (!existsSync(directory)) throw new UsageError(`There is no plugins/${name}.`);
  const files = await readdir(directory, { recursive: true });
  console.log(`This removes plugins/${name} (${files.length} files) and its entry in plugins/apps.json.`);
  if (!yes && !(await agrees())) throw new UsageError("Nothing was removed.");
  // The entry first: an entry without a folder would fail the build, a folder without an entry does not.
  await unlistApp(root, name);
  await checkAgain(root, name);
  await rm(directory, { recursive: true });
  console.log(`Removed ${name}.`);
});

async function agrees(): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError("Nobody is there to be asked: say --yes.");
  const asking = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(?:es)?$/i.test((await asking.question("Remove it? (y/N) ")).trim());
  } finally {
    asking.close();
  }
}
