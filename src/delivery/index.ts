import { type Context, Hono } from "hono";
import { countsAt } from "../accounts/counts.ts";
import type { Instances } from "../apps/instances.ts";
import type { Scope } from "../apps/scope.ts";
import { deriveId } from "../derived-id.ts";
import { keys } from "../keys.ts";
import { describeStoreError, type Store } from "../store.ts";
import type { NoteHealth } from "./breaker/drain.ts";
import { destinationName } from "./breaker/health.ts";
import type { Buffers } from "./buffers/index.ts";
import { offerAgainAfter } from "./busy.ts";
import { type Deliver, PUT_OFF_SECONDS } from "./deliver.ts";
import type { Exports } from "./exports/index.ts";
import type { Taken } from "./follow-up.ts";
import type { RunJob } from "./hooks/job.ts";
import type { MessageOf, Route } from "./message.ts";
import { openMessage } from "./open-message.ts";
import type { ProgressBook } from "./progress/index.ts";
import type { Run, StepResult } from "./progress/run.ts";
import { outgoing } from "./publish.ts";
import type { OutgoingMessage } from "./queue.ts";
import type { Receive } from "./receiver.ts";
import type { Retry } from "./retry.ts";

/** What the routes need of the platform for each request. */
export interface WaitUntilBindings {
  Bindings: { waitUntil: (promise: Promise<unknown>) => void };
}

/**
 * Does what a message asks for, as steps of its run where it has several or counts something; resolves to messages that follow
 * from the whole.
 */
type Work<Name extends Route> = (
  message: MessageOf[Name],
  scope: Scope,
  run: Run,
) => Promise<readonly OutgoingMessage[] | void>;

/**
 * The routes that QStash calls. Each takes one signed message: begins it, does its steps, publishes what follows, records it
 * as done, and answers 200; anything else makes QStash offer it again, and then it goes on where it stood. What is not signed
 * by QStash for this very address gets a 401 and does nothing.
 */
export function createDeliveryRoutes(options: {
  receive: Receive;
  progress: ProgressBook;
  store: Store;
  instances: Instances;
  deliver: Deliver;
  retry: Retry;
  noteHealth: NoteHealth;
  exports: Exports;
  buffers: Buffers;
  runTask: Work<"task">;
  recapture: Work<"capture">;
  runJob: RunJob;
  runSetup: Work<"setup">;
  returnLetter: Work<"letter">;
  replays: { work: Work<"replay"> };
  createScope: (
    waitUntil: (promise: Promise<unknown>) => void,
    generation: number,
    work: { id: string },
  ) => Scope;
  /** Hears of what was not done. */
  onFault: (message: string) => void;
  /** Messages for what apps left behind in a scope. */
  leftovers: (scope: Scope) => Promise<OutgoingMessage[]>;
}): Hono<WaitUntilBindings> {
  const { store, progress, instances, exports, noteHealth } = options;
  const routes = new Hono<WaitUntilBindings>();

  on("deliver", options.deliver);
  on("retry", (message, scope, run) =>
    run.step("retry", async () => {
      const { destination } = message;
      const taken = await options.retry(message, scope, run.gate(destinationName(destination)));
      const drain = noteHealth(run, message, taken.health);
      return counted(destination, { ...taken, outgoing: [...taken.outgoing, ...drain] }, scope);
    }),
  );
  on("task", options.runTask);
  on("capture", options.recapture);
  on("job", (message, scope, run) => {
    const destination = { plugin: message.plugin, hook: `jobs.${message.job}` } as const;
    return run.step("job", async () => counted(destination, await options.runJob(message, scope), scope));
  });
  on("buffer", options.buffers.work);
  on("setup", options.runSetup);
  on("letter", options.returnLetter, ({ id }) => store.del(keys.takenLetter(id)));
  on("replay", options.replays.work);
  on("export", async (message, scope, run) => {
    const { id, project, plugin } = message;
    const destination = { plugin, hook: "exportEvents" } as const;
    let health: Taken["health"];
    await run.step("export", async () => {
      const instance = await instances.find(project, plugin, scope);
      if (!instance && instances.waiting(project).some((app) => app.plugin === plugin)) {
        const later = { ...message, id: deriveId("put off", id) };
        return { outgoing: [outgoing("export", later, PUT_OFF_SECONDS)], counts: {} };
      }
      if (!instance?.hooks.exportEvents) {
        return counted(destination, await exports.leave(message, scope), scope);
      }
      const taken = await exports.flush(instance, message, scope);
      ({ health } = taken);
      void instance.global.save(scope.commands);
      return counted(destination, taken, scope);
    });
    return noteHealth(run, { id, project, destination }, health);
  });
  // Its work is the recording itself, which happens once by the name of what it records.
  receiveAt("account", async (message, context) => {
    await progress.account(message);
    return context.json({ status: "ok" });
  });
  return routes;

  /** Mounts a route whose messages make progress. `cleanUp` removes what only a message that is not done yet needs. */
  function on<Name extends Route>(
    route: Name,
    work: Work<Name>,
    cleanUp?: (message: MessageOf[Name]) => Promise<unknown>,
  ): void {
    receiveAt(route, async (message, context) => {
      const generation = "generation" in message ? (message.generation ?? 0) : 0;
      const waitUntil = (promise: Promise<unknown>) => context.env.waitUntil(promise);
      const scope = options.createScope(waitUntil, generation, { id: message.id });
      if ("locations" in message) {
        for (const location of message.locations ?? []) scope.locations.set(location.ip, location);
      }
      const begun = await progress.begin(route, message, scope);
      if (begun.state === "done") return context.json({ status: "done before" });
      if (begun.state === "busy") {
        const seconds = offerAgainAfter(begun.forMs, Number(context.req.header("Upstash-Retried") ?? 0));
        return context.json({ error: "it is being worked on" }, 503, { "Retry-After": String(seconds) });
      }
      const { run } = begun;
      const ended = () => {
        scope.logs.end();
        scope.close();
      };
      try {
        const followUps = run.outbox ?? (await work(message, scope, run).finally(ended)) ?? [];
        await run.finish([...followUps, ...(await options.leftovers(scope))]);
        // Where this fails, Redis drops it in its time.
        await cleanUp?.(message).catch(() => {});
      } finally {
        await run.giveUp();
      }
      return context.json({ status: "ok" });
    });
  }

  /** Mounts a route that verifies and opens messages, and has those offered again that could not be done. */
  function receiveAt<Name extends Route>(
    route: Name,
    take: (message: MessageOf[Name], context: Context<WaitUntilBindings>) => Promise<Response>,
  ): void {
    routes.post(`/${route}`, async (context) => {
      const received = await options.receive(context.req.raw, `/_gateway/${route}`);
      if (!("body" in received)) return context.json({ error: received.error }, received.status);
      try {
        const opened = await openMessage<Name>(received.body, store);
        switch (opened.state) {
          case "malformed":
            // Offering it again cannot help, so it goes to QStash's dead letters at once.
            return context.json({ error: "not a message of this gateway" }, 489 as never, {
              "Upstash-NonRetryable-Error": "true",
            });
          case "gone":
            // As a rule an earlier offer of this message was done with and could not say so any more.
            options.onFault(
              `/_gateway/${route}: ${opened.reference} is gone, delivered before or lost by Redis`,
            );
            return context.json({ status: "done before" });
          case "open": {
            const answer = await take(opened.message, context);
            if (opened.reference !== null && answer.ok) await store.del(opened.reference);
            return answer;
          }
        }
      } catch (error) {
        const message = `/_gateway/${route} was not done, QStash will offer it again: ${describeStoreError(error)}`;
        options.onFault(message);
        return context.json({ error: message }, 503);
      }
    });
  }
}

function counted(
  destination: MessageOf["retry"]["destination"],
  taken: Taken,
  { hookCounts }: Scope,
): StepResult {
  const { outgoing: messages, burials = [] } = taken;
  const counts = { ...countsAt(destination, taken.outcomes), ...hookCounts.take() };
  return { outgoing: messages, burials, counts };
}
