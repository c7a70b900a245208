import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Recorder, startRecorder } from "../recorder.ts";
import { type Edge, startEdge } from "./edge.ts";
import type { RuntimeName } from "./start.ts";

const TOKEN = "phc_unawaited";

const FILES = {
  "apps.json": JSON.stringify({ apps: [{ plugin: "forgetful", config: { url: { env: "HOOK_URL" } } }] }),
  "forgetful/index.js": `
    import { get } from "client";
    const start = {
      body: (url) => fetch(url + "/body").then((answer) => answer.text()).then((text) => fetch(url + "/then?" + text)),
      stream: (url) => fetch(url + "/stream").then(({ body }) => {
        let text = "";
        body.on("data", (bytes) => { text += bytes; });
        body.on("end", () => fetch(url + "/then?" + text));
      }),
      package: (url) => get(url + "/package", (text) => get(url + "/then?" + text, () => {})),
    };
    export function processEvent(event, { config }) {
      start[event.event](config.url);
      return event;
    }`,
  "forgetful/node_modules/client/index.js": `
    const http = require("http");
    exports.get = (url, done) => http.get(url, (answer) => {
      let text = "";
      answer.on("data", (bytes) => { text += bytes; });
      answer.on("end", () => setTimeout(done, 100, text));
    });`,
};

// What an app starts and does not await is finished (decisions 14b), though the request that started it is answered.
describe.each<RuntimeName>(["workerd", "node", "deno"])("what an app does not await, on %s", (runtime) => {
  let hook: Recorder;
  let edge: Edge;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "edgehog-unawaited-"));
    for (const [path, text] of Object.entries(FILES)) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text);
    }
    hook = await startRecorder();
    edge = await startEdge(runtime, directory, { PROJECT_TOKENS: TOKEN, HOOK_URL: hook.url });
  });
  afterAll(async () => {
    await edge?.stop();
    await hook?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  test.each([
    ["body", "the text of an answer to fetch"],
    ["stream", "the stream of one"],
    ["package", "a request of an npm package"],
  ])("%s: goes on with %s that is complete only later", async (event) => {
    const { promise: answered, resolve: release } = Promise.withResolvers<void>();
    hook.requests.length = 0;
    hook.answerWith(({ path }) => new Response(path.startsWith("/then") ? "" : inTwoParts(answered)));
    const body = JSON.stringify({ api_key: TOKEN, event, distinct_id: "u1" });
    const paths = () => hook.requests.map(({ path }) => path);
    expect((await fetch(`${edge.url}/e/`, { method: "POST", body })).status).toBe(200);
    await expect.poll(paths).toEqual([`/${event}`]);
    release();
    await expect.poll(paths, { timeout: 10_000 }).toEqual([`/${event}`, "/then?begun"]);
  });
});

/** `be` at once, and `gun` when it is time. */
function inTwoParts(second: Promise<void>): ReadableStream {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async start(controller) {
      controller.enqueue(encoder.encode("be"));
      await second;
      controller.enqueue(encoder.encode("gun"));
      controller.close();
    },
  });
}
