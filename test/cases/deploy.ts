import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { compileApps, type DeliveredEvent, startTestGateway, type TestGateway } from "../gateway.ts";
import { type Recorder, startRecorder } from "../recorder.ts";

/** An app folder: the text of its files by path, or of `index.js` alone. The word `HOOK` becomes the recorder's address. */
export type AppFolder = string | Record<string, string>;

/** App folders by name; each runs, in this order. */
export type AppFolders = Readonly<Record<string, AppFolder>>;

export interface DeployOptions {
  /** What `apps.json` says of an app beside its name; the value `HOOK` becomes the recorder's address. */
  listings?: Readonly<Record<string, object>>;
  /** Apps that `apps.json` does not name. */
  unlisted?: readonly string[];
  settings?: Record<string, string>;
  /** Whether the project that the apps are in has this repository's packages installed, as one made from it has. */
  withPackages?: true;
}

/** Apps as their authors wrote them, compiled and behind the gateway's HTTP front, with a hook that they may call. */
export interface Deployment extends Omit<TestGateway, "send"> {
  hook: Recorder;
  /** Sends one event by HTTP, waits for all that follows from it, and resolves to what PostHog got of it. */
  send(event: string, more?: Record<string, unknown>): Promise<DeliveredEvent | undefined>;
  /** Moves the clock to the next full minute and fires the scheduler. */
  tick(): Promise<void>;
  /** Starts a task or a public job as a person does. */
  run(plugin: string, what: object): Promise<number>;
  /** Messages of the log, of one app or of all, without the gateway's own about apps that came and went. */
  messages(plugin?: string): string[];
}

/** Compiles and starts apps; everything is stopped when the test is over. Rejects with `CompileError`. */
export async function deploy(folders: AppFolders, options: DeployOptions = {}): Promise<Deployment> {
  const hook = await startRecorder();
  onTestFinished(() => hook.stop());
  const apps = await compileFolders(folders, options, hook.url);
  const edge = await startTestGateway({ apps, ...(options.settings ? { settings: options.settings } : {}) });
  onTestFinished(() => edge.stop());
  let sent = 0;

  return {
    ...edge,
    hook,
    async send(event, more = {}) {
      sent += 1;
      const uuid = `0190f0a0-0000-7000-8000-${String(sent).padStart(12, "0")}`;
      const answer = await fetch(`${edge.url}/e/`, {
        method: "POST",
        body: JSON.stringify({
          api_key: edge.token,
          event,
          distinct_id: "u1",
          uuid,
          properties: {},
          ...more,
        }),
      });
      if (answer.status !== 200) throw new Error(`capture answered ${answer.status}`);
      await edge.settle();
      return edge.delivered().findLast((delivered) => delivered.uuid === uuid);
    },
    async tick() {
      const minute = 60_000;
      const next = (Math.floor(edge.clock.now() / minute) + 1) * minute;
      await edge.advance(next - edge.clock.now());
      await edge.scheduled(next);
      await edge.settle();
    },
    async run(plugin, what) {
      const { status } = await fetch(`${edge.url}/admin/api/apps/${plugin}/run`, {
        method: "POST",
        headers: { Authorization: `Bearer ${edge.adminToken}` },
        body: JSON.stringify(what),
      });
      await edge.settle();
      return status;
    },
    messages: (plugin) =>
      edge.log
        .filter((entry) => !plugin || entry.plugin === plugin)
        .filter(({ source, level }) => source !== "SYSTEM" || level !== "INFO")
        .map(({ message }) => message),
  };
}

/** Sends one event through one app; resolves to the properties that PostHog got, undefined when the app dropped it. */
export async function propertiesAfter(
  app: AppFolder,
  options: DeployOptions = {},
): Promise<Record<string, unknown> | undefined> {
  const edge = await deploy({ app }, options);
  return (await edge.send("e"))?.properties;
}

/** The faults of a build, a line each; undefined when it succeeds. */
export async function faultsOf(
  folders: AppFolders,
  options: DeployOptions = {},
): Promise<string | undefined> {
  return compileFolders(folders, options, "http://127.0.0.1/").then(
    () => undefined,
    (error: Error) => error.message,
  );
}

async function compileFolders(
  folders: AppFolders,
  { listings = {}, unlisted = [], withPackages }: DeployOptions,
  hookUrl: string,
) {
  const project = await mkdtemp(join(tmpdir(), "edgehog-cases-"));
  const plugins = join(project, "plugins");
  try {
    await mkdir(plugins);
    if (withPackages)
      await symlink(join(import.meta.dirname, "../../node_modules"), join(project, "node_modules"));
    for (const [plugin, folder] of Object.entries(folders)) {
      await mkdir(join(plugins, plugin), { recursive: true });
      const files = typeof folder === "string" ? { "index.js": folder } : folder;
      for (const [path, text] of Object.entries(files)) {
        const file = join(plugins, plugin, path);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, text.replaceAll(/\bHOOK\b/g, JSON.stringify(hookUrl)));
      }
    }
    const apps = Object.keys(folders)
      .filter((plugin) => !unlisted.includes(plugin))
      .map((plugin) => Object.assign({ plugin }, listings[plugin]));
    const listed = JSON.stringify({ apps }).replaceAll('"HOOK"', JSON.stringify(hookUrl));
    await writeFile(join(plugins, "apps.json"), listed);
    return await compileApps(plugins);
  } finally {
    await rm(project, { recursive: true });
  }
}
