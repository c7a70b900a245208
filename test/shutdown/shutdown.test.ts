import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { freePort } from "../../src/local/free-port.ts";
import { type Stack, startStack } from "../../src/local/stack.ts";
import { type Recorder, startRecorder } from "../recorder.ts";
import { buildBundle, type RunningProcess, startProcess } from "../runtimes/start.ts";

const TOKEN = "phc_shutdown";

/** What a deployment, or a person with Ctrl-C, asks of a process: the real one, by real signals. */
describe.each(["node", "deno"] as const)("the gateway on %s, asked to end", (runtime) => {
  let built: Awaited<ReturnType<typeof buildBundle>>;
  let stack: Stack;
  let hook: Recorder;
  let edge: RunningProcess;

  beforeAll(async () => {
    built = await buildBundle(runtime, new URL("apps", import.meta.url).pathname);
  });
  afterAll(() => built.remove());

  beforeEach(async () => {
    stack = await startStack();
    hook = await startRecorder();
    const port = await freePort();
    edge = await startProcess(runtime, built.bundle, port, {
      ...stack.env,
      PROJECT_TOKENS: TOKEN,
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      HOOK_URL: hook.url,
    });
  });
  afterEach(async () => {
    edge.signal("SIGKILL");
    await edge.ended;
    await Promise.all([stack.stop(), hook.stop()]);
  });

  const send = () =>
    fetch(`${edge.url}/e/`, {
      method: "POST",
      body: JSON.stringify({ api_key: TOKEN, event: "e", distinct_id: "u1" }),
    });
  const requests = (path: string) => hook.requests.filter((request) => request.path === path).length;
  const refusesRequests = () =>
    fetch(`${edge.url}/_gateway/health`).then(
      () => false,
      () => true,
    );

  test("answers what is under way, finishes what apps began, and publishes what they leave", async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: finished, resolve: finish } = Promise.withResolvers<void>();
    hook.answerWith(async ({ path }) => {
      await (path === "/at-work" ? released : finished);
      return Response.json({});
    });
    const answer = send();
    await expect.poll(() => requests("/at-work")).toBe(1);
    edge.signal("SIGTERM");
    await expect.poll(refusesRequests).toBe(true);
    release();
    expect((await answer).status).toBe(200);
    await expect.poll(() => requests("/background")).toBe(1);
    expect(edge.exitCode()).toBe(null);
    finish();
    expect(await edge.ended).toBe(0);
    // The event, and what the app captured when it was torn down.
    expect(stack.counters().qstash.published).toBe(2);
  });

  test("cuts off what does not end in its time, says so, and tears the apps down all the same", async () => {
    hook.answerWith(() => new Promise(() => {}));
    const answer = send().catch(() => null);
    await expect.poll(() => requests("/at-work")).toBe(1);
    edge.signal("SIGTERM");
    expect(await edge.ended).toBe(1);
    await answer;
    expect(edge.lines.join("\n")).toContain("requests under way were cut off");
    // What the app captured when it was torn down; on Node the chain's budget may have let the event go on as well.
    expect(stack.counters().qstash.published).toBeGreaterThanOrEqual(1);
  });

  test("ends at once when it is asked again", async () => {
    hook.answerWith(() => new Promise(() => {}));
    const answer = send().catch(() => null);
    await expect.poll(() => requests("/at-work")).toBe(1);
    edge.signal("SIGTERM");
    await expect.poll(refusesRequests).toBe(true);
    edge.signal("SIGTERM");
    expect(await edge.ended).toBe(1);
    await answer;
    expect(edge.lines.join("\n")).not.toContain("not in order");
    expect(stack.counters().qstash.published).toBe(0);
  });
});
