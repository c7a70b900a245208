import { freePort } from "../../src/local/free-port.ts";
import { type Stack, startStack } from "../../src/local/stack.ts";
import { type Recorder, startRecorder } from "../recorder.ts";
import { buildBundle, type RunningGateway, type RuntimeName, startGateway } from "./start.ts";

/** A gateway as a process, between the embedded stack and a stand-in for PostHog that takes everything. */
export interface Edge extends RunningGateway {
  stack: Stack;
  posthog: Recorder;
}

/** Bundles a folder of apps with the gateway, and starts it; `settings` has at least `PROJECT_TOKENS`. */
export async function startEdge(
  runtime: RuntimeName,
  pluginsDirectory: string,
  settings: Record<string, string>,
): Promise<Edge> {
  const { bundle, remove } = await buildBundle(runtime, pluginsDirectory);
  const [stack, posthog, port] = await Promise.all([startStack(), startRecorder(), freePort()]);
  const gateway = await startGateway(runtime, bundle, port, {
    ...stack.env,
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    POSTHOG_HOST: posthog.url,
    ...settings,
  });
  return {
    ...gateway,
    stack,
    posthog,
    async stop() {
      await gateway.stop();
      await Promise.all([stack.stop(), posthog.stop(), remove()]);
    },
  };
}
