import { createExtensions } from "../apps/built-ins/extensions.ts";
import { constant } from "../apps/constant.ts";
import { createLoopGuard, guardThenable } from "../apps/loop-guard.ts";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { onTestFinished } from "vitest";
import type { AppDefinition, AppExports, AppHost } from "../apps/definition.ts";
import { compile, type CompileResult } from "./compile.ts";

/** A project in a temporary directory, compiled by tests. */
export interface TestProject {
  directory: string;
  write(files: Readonly<Record<string, string>>): Promise<void>;
  compile(): Promise<CompileResult>;
  /** Compiles, and loads the registry as the gateway does. */
  load(): Promise<{ apps: readonly AppDefinition[] }>;
  /** Compiles, and evaluates one app with a host that has what the test gives it. */
  run(plugin: string, host?: Partial<AppHost> & { jobs?: unknown }): Promise<AppExports>;
}

/** Stand-ins for the gateway's host libraries: objects, a function with members as `node-fetch` is, one per instance. */
const LIBRARIES = {
  "libraries/plugin-scaffold.ts": "export class RetryError extends Error { override name = 'RetryError' }\n",
  "libraries/plugin-scaffold/test-utils.ts": "export const createEvent = () => ({ event: 'EVENT_TYPE' });\n",
  "libraries/generic-pool/index.ts": "export const createPool = () => 'pool';\n",
  "libraries/pg/index.ts": "export default () => ({ Client: class {}, made: {} });\n",
  "libraries/node-fetch.ts": "export default () => 'fetched';\nexport class Headers {}\n",
};

/** Writes files (paths relative to the project) into a new project; it is removed when the test is over. */
export async function createProject(files: Readonly<Record<string, string>>): Promise<TestProject> {
  const directory = await mkdtemp(join(tmpdir(), "compiler-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const outDirectory = join(directory, "generated");
  let loads = 0;

  const project: TestProject = {
    directory,
    async write(added) {
      for (const [path, text] of Object.entries(added)) {
        await mkdir(dirname(join(directory, path)), { recursive: true });
        await writeFile(join(directory, path), text);
      }
    },
    compile: () =>
      compile({
        pluginsDirectory: join(directory, "plugins"),
        outDirectory,
        librariesDirectory: join(directory, "libraries"),
      }),
    async load() {
      await project.compile();
      loads += 1;
      return import(`${pathToFileURL(join(outDirectory, "registry.js")).href}?${loads}`);
    },
    async run(plugin, host = {}) {
      const { apps } = await project.load();
      const app = apps.find((candidate) => candidate.plugin === plugin);
      if (!app) throw new Error(`The registry has no ${plugin}`);
      return app.createApp(createHost(host));
    },
  };
  await project.write({ ...LIBRARIES, ...files });
  return project;
}

/** Compiles one app from the text of its `index.ts` and evaluates it. */
export async function runApp(source: string, host?: Partial<AppHost>): Promise<AppExports> {
  const project = await createProject({ "plugins/app/index.ts": source });
  return project.run("app", host);
}

function createHost(host: Partial<AppHost>): AppHost {
  return {
    console,
    posthog: { capture: () => undefined },
    fetch: () => undefined,
    RetryError: class RetryError extends Error {},
    jobs: undefined,
    loop: createLoopGuard({ limit: 100_000, timeoutMs: 30_000, now: () => 0 }),
    thenable: guardThenable,
    constant,
    global: Object.create(globalThis),
    libraries: { "@posthog/plugin-contrib": { createBuffer: () => ({}) } },
    packageGlobal: globalThis as unknown as Record<string, unknown>,
    Function,
    extensions: createExtensions(),
    builtins: (modules) => modules,
    copyLibrary: (library) => library,
    ...host,
  };
}
