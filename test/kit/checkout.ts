import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What a checkout consists of, as far as the commands for apps look at it. */
const PARTS = ["package.json", "tsconfig.json", ".oxfmtrc.json", ".oxlintrc.json", "src", "plugins", "test"];

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** A copy of the project, for commands that change it; `node_modules` is the project's own. */
export interface Checkout {
  directory: string;
  /** Runs a command of the project as npm does, started from a folder beside it. */
  run(command: "new" | "add" | "remove" | "test-apps", ...args: string[]): Promise<Outcome>;
  /** Runs a program of `node_modules/.bin`. */
  tool(program: string, ...args: string[]): Promise<Outcome>;
  write(files: Readonly<Record<string, string>>): Promise<void>;
  read(file: string): Promise<string>;
  remove(): Promise<void>;
}

export async function createCheckout(): Promise<Checkout> {
  const home = await mkdtemp(join(tmpdir(), "edgehog-kit-"));
  const directory = join(home, "edgehog");
  for (const part of PARTS) await cp(join(ROOT, part), join(directory, part), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(directory, "node_modules"));
  const environment = { ...process.env, INIT_CWD: home, NO_COLOR: "1" };
  const run = (program: string, args: readonly string[]) =>
    new Promise<Outcome>((done) => {
      execFile(program, args, { cwd: directory, env: environment }, (error, stdout, stderr) =>
        done({ code: error ? (typeof error.code === "number" ? error.code : -1) : 0, stdout, stderr }),
      );
    });
  return {
    directory,
    run: (command, ...args) =>
      run(process.execPath, [join(directory, `src/commands/${command}.ts`), ...args]),
    tool: (program, ...args) => run(join(ROOT, "node_modules/.bin", program), args),
    async write(files) {
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(home, path)), { recursive: true });
        await writeFile(join(home, path), text);
      }
    },
    read: (file) => readFile(join(directory, file), "utf8"),
    remove: () => rm(home, { recursive: true, force: true }),
  };
}
