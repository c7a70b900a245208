import type { BufferControls } from "../../src/apps/buffer.ts";
import type { AppDefinition, AppHost } from "../../src/apps/definition.ts";
import type { AppPostHog } from "../../src/apps/posthog.ts";
import { defineApp } from "../../src/apps/testing.ts";
import type { PluginEvent } from "../../src/event.ts";
import { startTestGateway, type TestGateway } from "../gateway.ts";

export interface Meta {
  global: Record<string, BufferControls>;
  geoip: { locate(ip: string): Promise<{ city?: { names: Record<string, string> } } | null> };
}
type CreateBuffer = (options?: Partial<BufferControls["_options"]>) => BufferControls;

type Code = (createBuffer: CreateBuffer, posthog: AppPostHog) => Record<string, unknown>;

/** Of the test under way. */
export let edge: TestGateway;
/** What `onFlush` was given so far. */
export let flushed: { objects: unknown[]; points: number; afterMs: number }[] = [];
let failures: unknown[] = [];
let startMs = 0;

/** An app whose code is handed `createBuffer`, as an import would. */
function appWith(code: Code): AppDefinition {
  const nothing = { defaultExport: undefined, moduleExports: {}, topLevel: {} };
  return defineApp(
    "app",
    {},
    {
      createApp: ({ libraries, posthog }: AppHost) => {
        const { createBuffer } = libraries["@posthog/plugin-contrib"] as { createBuffer: CreateBuffer };
        return { ...nothing, exports: code(createBuffer, posthog as AppPostHog) };
      },
    },
  );
}

/** What the next calls of `onFlush` throw. */
export function failWith(...thrown: unknown[]): void {
  failures = thrown;
}

/** Writes down what it is given, and fails if it is to. */
export function onFlush(objects: unknown[], points: number): void {
  flushed.push({ objects, points, afterMs: edge.clock.now() - startMs });
  if (failures.length > 0) throw failures.shift();
}

/** Adds the value and the points that an event carries. */
export function add(buffer: BufferControls | undefined, { properties }: PluginEvent): void {
  buffer?.add(properties?.["value"] ?? null, properties?.["points"] as number | undefined);
}

/** Starts an app that makes a buffer in set-up and adds each event to it. */
export async function start(
  options: { limit?: number; timeoutSeconds?: number },
  more: Code = () => ({}),
): Promise<void> {
  await startApp((createBuffer, posthog) => ({
    setupPlugin({ global }: Meta) {
      global["buffer"] = createBuffer({ ...options, onFlush });
    },
    processEvent(event: PluginEvent, { global }: Meta) {
      add(global["buffer"], event);
      return event;
    },
    ...more(createBuffer, posthog),
  }));
}

export async function startApp(code: Code): Promise<void> {
  flushed = [];
  failures = [];
  edge = await startTestGateway({ apps: [appWith(code)] });
  startMs = edge.clock.now();
}

/** One request for each event; the value is its number. */
export async function send(...points: (number | undefined)[]): Promise<void> {
  for (const [value, one] of points.entries()) {
    await edge.capture({ event: "e", distinct_id: "u1", properties: { value, points: one } });
    await edge.settle();
  }
}

/** Objects, points and milliseconds of each flush. */
export const summary = () => flushed.map(({ objects, points, afterMs }) => [objects.length, points, afterMs]);
