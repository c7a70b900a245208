import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./bundle.ts";
import { confirm } from "./confirm.ts";
import { checkAgain, checkName, unlistApp } from "./kit/project.ts";
import { runCommand, UsageError, WrongCall } from "./run-command.ts";

const usage = `Usage: npm run remove <name> [-- --yes]

Removes an app: plugins/<name> and its entries in plugins/apps.json. Asks first; --yes does not.
What the app keeps in Redis stays there.
`;

await runCommand(usage, { yes: { type: "boolean", short: "y" } }, async ([name, ...rest], { yes }) => {
  if (!name || rest.length > 0) throw new WrongCall("Say which app to remove.");
  checkName(name);
  const directory = join(root, "plugins", name);
  if (!existsSync(directory)) throw new UsageError(`There is no plugins/${name}.`);
  const files = await readdir(directory, { recursive: true });
  console.log(`This removes plugins/${name} (${files.length} files) and its entry in plugins/apps.json.`);
  if (!yes && !(await confirm("Remove it?")))
    throw new UsageError("Nothing was removed. Where nobody is there to be asked, say --yes.");
  // The entry first: an entry without a folder would fail the build, a folder without an entry does not.
  await unlistApp(root, name);
  await checkAgain(root, name);
  await rm(directory, { recursive: true });
  console.log(`Removed ${name}.`);
});
