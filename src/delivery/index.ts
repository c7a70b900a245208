import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Instances } from "../apps/instances.ts";
import type { Scope } from "../apps/scope.ts";
import { describeStoreError, type Store } from "../store.ts";
import type { Buffers } from "./buffers/index.ts";
import type { Deliver } from "./deliver.ts";
import type { Exports } from "./exports/index.ts";
import { MESSAGE_VERSION, type MessageOf, type ReferenceMessage, type Route } from "./message.ts";
import type { OutgoingMessage, Queue } from "./queue.ts";
import { MAX_SIGNED_BYTES, type Receive } from "./receiver.ts";

/** What the routes need of the platform for each request. */
export interface WaitUntilBindings {
  Bindings: { waitUntil: (promise: Promise<unknown>) => void };
}

/** Does what a message asks for; resolves to the messages that follow from it. */
type Work<Name extends Route> = (
  message: MessageOf[Name],
  scope: Scope,
) => Promise<readonly OutgoingMessage[] | void>;

/**
 * The routes that QStash calls. Each takes one signed message, and answers 200 only when all that follows from it is
 * durable; anything else makes QStash offer it again. What is not signed by QStash for this very address gets a 401 and
 * does nothing.
 */
export function createDeliveryRoutes(options: {
  receive: Receive;
  queue: Queue;
  store: Store;
  instances: Instances;
  deliver: Deliver;
  exports: Exports;
  buffers: Buffers;
  runTask: Work<"task">;
  recapture: Work<"capture">;
  runJob: Work<"job">;
  runSetup: Work<"setup">;
  createScope: (waitUntil: (promise: Promise<unknown>) => void, generation: number) => Scope;
  /** Hears of what was not done. */
  onFault: (message: string) => void;
  /** Messages for what apps left behind in a scope. */
  leftovers: (scope: Scope) => Promise<OutgoingMessage[]>;
}): Hono<WaitUntilBindings> {
  const { queue, store, instances, deliver, exports } = options;
  const routes = new Hono<WaitUntilBindings>();
  routes.use(bodyLimit({ maxSize: MAX_SIGNED_BYTES }));

  on("deliver", deliver.deliver);
  on("retry", deliver.retry);
  on("task", options.runTask);
  on("capture", options.recapture);
  on("job", options.runJob);
  on("buffer", options.buffers.work);
  on("setup", options.runSetup);
  on("export", async (message, scope) => {
    const instance = await instances.find(message.project, message.plugin, scope);
    // Without its app the buffer stays as it is; the sweep comes back to it.
    if (!instance?.hooks.exportEvents) return;
    const followUps = await exports.flush(instance, message, scope);
    void instance.global.save(scope.commands);
    return followUps;
  });
  return routes;

  /** Mounts a route: verify, parse, work, publish what follows, answer. */
  function on<Name extends Route>(route: Name, work: Work<Name>): void {
    routes.post(`/${route}`, async (context) => {
      const body = await context.req.text();
      const signature = context.req.header("Upstash-Signature");
      if (!(await options.receive({ signature, body, path: `/_gateway/${route}` }))) {
        return context.json({ error: "not signed by QStash for this address" }, 401);
      }
      try {
        const parsed = parseMessage(body);
        if (!parsed) {
          // Offering it again cannot help, so it goes to QStash's dead letters at once.
          const error = "not a message of this gateway";
          return context.json({ error }, 489 as never, { "Upstash-NonRetryable-Error": "true" });
        }
        if (parsed.v > MESSAGE_VERSION) {
          throw new Error(`its version ${parsed.v} is newer than this deployment's ${MESSAGE_VERSION}`);
        }
        const text = "reference" in parsed ? await store.get<string>(parsed.reference) : null;
        if ("reference" in parsed && text === null) {
          // As a rule an earlier offer of this message was done with and could not say so any more.
          options.onFault(
            `/_gateway/${route}: ${parsed.reference} is gone, delivered before or lost by Redis`,
          );
          return context.json({ status: "done before" });
        }

        const message = (text === null ? parsed : JSON.parse(text)) as MessageOf[Name];
        const generation = "generation" in message ? (message.generation ?? 0) : 0;
        const scope = options.createScope((promise) => context.env.waitUntil(promise), generation);
        if ("locations" in message) {
          for (const location of message.locations ?? []) scope.locations.set(location.ip, location);
        }
        const ended = () => {
          scope.logs.end();
          scope.close();
        };
        const followUps = (await work(message, scope).finally(ended)) ?? [];
        await queue.publish([...followUps, ...(await options.leftovers(scope))]);
        if ("reference" in parsed) await store.del(parsed.reference);
        return context.json({ status: "ok" });
      } catch (error) {
        const message = `/_gateway/${route} was not done, QStash will offer it again: ${describeStoreError(error)}`;
        options.onFault(message);
        return context.json({ error: message }, 503);
      }
    });
  }
}

function parseMessage(body: string): ((MessageOf[Route] | ReferenceMessage) & { v: number }) | null {
  try {
    const message = JSON.parse(body) as { v?: unknown } | null;
    return typeof message?.v === "number" ? (message as MessageOf[Route]) : null;
  } catch {
    return null;
  }
}
