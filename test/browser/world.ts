import { type Recorder, startRecorder } from "../recorder.ts";
import { type Edge, startEdge } from "../runtimes/edge.ts";
import { type Chromium, startChromium } from "./chromium.ts";

/** The gateway on workerd, where its apps send events to, and a browser to look at its admin. */
export interface World extends Edge {
  /** Address of the admin. */
  admin: string;
  warehouse: Recorder;
  chromium: Chromium;
  /** Sends events in one request. */
  send(project: string, ...events: Record<string, unknown>[]): Promise<void>;
  /** Calls the admin's API with all rights. Rejects unless it says that all is well. */
  call(path: string, init?: RequestInit): Promise<unknown>;
}

/** Holders of tokens for the admin: one may change things, the other looks on. */
export const OWNER = "secret-of-anna";
export const READER = "secret-of-ops";

/** Starts it with the apps of a folder beside this file. Takes seconds: once for all tests of a file. */
export async function startWorld(apps: string, projects: readonly string[], program: string): Promise<World> {
  const warehouse = await startRecorder();
  const [edge, chromium] = await Promise.all([
    startEdge("workerd", new URL(apps, import.meta.url).pathname, {
      PROJECT_TOKENS: projects.join(","),
      ADMIN_TOKEN: `anna:${OWNER},ops:${READER}:read`,
      SECRETS_KEY: Buffer.alloc(32, 7).toString("base64"),
      WAREHOUSE_URL: warehouse.url,
    }),
    startChromium(program),
  ]);
  const sent = async (response: Response) => {
    if (!response.ok)
      throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`);
    return response;
  };
  return {
    ...edge,
    admin: `${edge.url}/admin`,
    warehouse,
    chromium,
    async send(project, ...events) {
      const body = JSON.stringify({ api_key: project, batch: events });
      await sent(await fetch(`${edge.url}/batch/`, { method: "POST", body }));
    },
    async call(path, init = {}) {
      const headers = {
        Authorization: `Bearer ${OWNER}`,
        "Content-Type": "application/json",
        ...init.headers,
      };
      return (await sent(await fetch(`${edge.url}/admin/api/${path}`, { ...init, headers }))).json();
    },
    async stop() {
      await chromium.stop();
      await edge.stop();
      await warehouse.stop();
    },
  };
}
