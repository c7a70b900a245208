import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { compileApps, startTestGateway, type TestGateway } from "./gateway.ts";
import { type Recorder, startRecorder } from "./recorder.ts";

let edge: TestGateway;
let hook: Recorder;
afterEach(() => Promise.all([edge.stop(), hook.stop()]));

/** Deploys the apps of `plugins/`, all enabled, with a configuration each. */
async function deploy(config: Record<string, Record<string, string>>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "edgehog-plugins-"));
  try {
    await cp(new URL("../plugins", import.meta.url), directory, { recursive: true });
    const apps = Object.entries(config).map(([plugin, values]) => ({ plugin, config: values }));
    await writeFile(join(directory, "apps.json"), JSON.stringify({ apps }));
    edge = await startTestGateway({ apps: await compileApps(directory) });
  } finally {
    await rm(directory, { recursive: true });
  }
}

test("the shipped apps do together what each promises, compiled and through the gateway's front", async () => {
  hook = await startRecorder();
  await deploy({
    "property-filter": { properties: "email", events: "noise" },
    "url-normaliser": {},
    "first-time-event": {},
    heartbeat: {},
    "webhook-exporter": { url: `${hook.url}/events`, exportEventsBufferSeconds: "2" },
  });
  let refused = 0;
  hook.answerWith(() => (refused++ === 0 ? new Response("down", { status: 503 }) : Response.json({})));

  const properties = { email: "a@example.com", $current_url: "HTTPS://Example.com/?fbclid=1" };
  await edge.capture(
    { event: "visit", distinct_id: "anna", properties },
    { event: "noise", distinct_id: "anna" },
  );
  await edge.capture({ event: "visit", distinct_id: "anna" });
  await edge.settle();
  expect(edge.delivered()).toMatchObject([
    { event: "visit", properties: { $current_url: "https://example.com/", is_first_event: true } },
    { event: "visit", properties: { is_first_event: false } },
  ]);
  expect(edge.delivered()[0]?.properties).not.toHaveProperty("email");

  await edge.scheduled(Math.floor(edge.clock.now() / 60_000) * 60_000);
  await edge.settle();
  expect(edge.delivered().at(-1)).toMatchObject({
    event: "heartbeat",
    properties: { total: 2, events: { visit: 2 } },
  });

  await edge.advance(60_000);
  const names = hook.requests.map(({ json }) =>
    (json as { events: { event: string }[] }).events.map(({ event }) => event),
  );
  expect(names).toEqual([
    ["visit", "visit", "heartbeat"],
    ["visit", "visit", "heartbeat"],
  ]);
  expect(hook.requests[1]?.body).toBe(hook.requests[0]?.body);
});
