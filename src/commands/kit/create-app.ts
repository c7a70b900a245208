import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../run-command.ts";
import { checkName, format, listApp } from "./project.ts";

/** Each is an app by itself, with its test, under the name "My app". */
const TEMPLATES = join(import.meta.dirname, "templates");

/** An app that looks at each event as it passes, or one that exports them in batches. */
export type Template = "process" | "export";

/**
 * Writes a new app into `plugins/` and lists it in `apps.json`, disabled if it needs configuration first. Returns its
 * files. Throws `UsageError`, and then has changed nothing.
 */
export async function createApp(root: string, name: string, template: Template): Promise<string[]> {
  checkName(name);
  const folder = `plugins/${name}`;
  const directory = join(root, folder);
  if (existsSync(directory)) {
    throw new UsageError(`${folder} is there already: choose another name, or npm run remove ${name} first`);
  }
  const files = (await readdir(join(TEMPLATES, template))).toSorted();
  try {
    await mkdir(directory);
    for (const file of files) {
      const text = await readFile(join(TEMPLATES, template, file), "utf8");
      await writeFile(join(directory, file), rename(text, name));
    }
    const written = files.map((file) => `${folder}/${file}`);
    await format(root, written);
    await listApp(root, {
      plugin: name,
      ...(template === "export" ? { enabled: false, config: { url: "" } } : {}),
    });
    return written;
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

/** `order-size` is called "Order size" by people, and `OrderSize` in code. */
function rename(text: string, name: string): string {
  const words = name.split(/[\W_]+/).filter(Boolean);
  const title = words.join(" ");
  const type = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  return text
    .replaceAll("My app", title.charAt(0).toUpperCase() + title.slice(1))
    .replaceAll("MyApp", /^[A-Z]/.test(type) ? type : `App${type}`);
}
