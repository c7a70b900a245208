import { type Context, Hono } from "hono";
import { createAdminApi } from "./admin/api.ts";
import type { AppDefinition } from "./apps/definition.ts";
import { createInstances } from "./apps/instances.ts";
import { createLineLog } from "./apps/log.ts";
import { createScope, type Scope } from "./apps/scope.ts";
import { createCapture } from "./capture/capture.ts";
import { corsHeaders, preflightHeaders } from "./capture/cors.ts";
import { Unavailable } from "./capture/errors.ts";
import { routePath } from "./capture/path.ts";
import { createUuidV7 } from "./capture/uuid.ts";
import { createDeadLetters } from "./delivery/dead-letters.ts";
import { createDeliver } from "./delivery/deliver.ts";
import { createExports } from "./delivery/exports/index.ts";
import { createFollowUp } from "./delivery/follow-up.ts";
import { createRunJob } from "./delivery/hooks/job.ts";
import { createEventHookDestination } from "./delivery/hooks/event-hooks.ts";
import { createDeliveryRoutes } from "./delivery/index.ts";
import { createForward } from "./delivery/posthog/forward.ts";
import { createPostHogDestination } from "./delivery/posthog/index.ts";
import { eventsOf, leftoverMessages } from "./delivery/publish.ts";
import { createQueue, QueueUnavailable } from "./delivery/queue.ts";
import { createReceiver } from "./delivery/receiver.ts";
import type { Client } from "./event.ts";
import { createIngest } from "./ingest.ts";
import { createPipeline } from "./pipeline/index.ts";
import { createProjects } from "./projects.ts";
import { createLeases } from "./schedule/lease.ts";
import { createTasks } from "./schedule/tasks.ts";
import type { Environment, Settings } from "./settings.ts";
import { createStore } from "./store.ts";
import { teamIdOf } from "./team.ts";
import { version } from "./version.ts";

/** Seconds after which an SDK may send again what could not be made durable. */
const RETRY_AFTER_SECONDS = 5;

/** What a platform supplies with each request. */
export interface RequestPlatform {
  client: Client;
  /** Keeps the platform alive after the answer, for what nobody was promised. */
  waitUntil(promise: Promise<unknown>): void;
}

/** What a platform supplies once. */
export interface Platform {
  runtime: "workerd" | "deno" | "node";
  apps: readonly AppDefinition[];
  settings: Settings;
  /** Settings by name, for configuration values that refer to one. */
  environment: Environment;
  /** Whether what Redis and QStash accepted outlives this process. */
  durability: "durable" | "memory";
  now(): Date;
  randomBytes(count: number): Uint8Array;
  fetch: typeof fetch;
  /** Writes one line of the log. */
  write(line: string): void;
}

export interface Gateway {
  fetch(request: Request, platform: RequestPlatform): Response | Promise<Response>;
  /** A cron tick, once a minute. Rejects when its tasks could not be published; the next tick comes all the same. */
  scheduled(timeMs: number): Promise<void>;
  /** Lets apps tear down before the process ends, and publishes what they leave. Rejects when QStash refuses that. */
  stop(waitUntil: RequestPlatform["waitUntil"]): Promise<void>;
}

/** Puts the gateway together for a platform. Reaches neither Redis nor QStash until there is work. */
export function createGateway(platform: Platform): Gateway {
  const { settings, now } = platform;
  const uuidV7 = createUuidV7(platform.randomBytes);
  const uuid = () => uuidV7(now().getTime());
  const log = createLineLog(platform.write);
  const store = createStore(settings.redis);
  const projects = createProjects(settings.projects, store);
  const queue = createQueue({
    ...settings.qstash,
    publicUrl: settings.publicUrl,
    maxMessageBytes: settings.maxMessageBytes,
    store,
    uuid,
  });
  const instances = createInstances({
    apps: platform.apps,
    services: {
      environment: platform.environment,
      posthog: { host: settings.posthogHost, personalApiKey: settings.posthogPersonalApiKey },
      loops: { limit: settings.loopLimit, timeoutMs: settings.taskTimeoutMs },
      log,
      now,
      uuid,
      fetch: platform.fetch,
    },
    setupTimeoutMs: settings.taskTimeoutMs,
  });
  const tasks = createTasks({ instances, queue, leases: createLeases(store), now, uuid });

  const deadLetters = createDeadLetters(store);
  const followUp = createFollowUp({ deadLetters, now, uuid });
  const limits = { timeoutMs: settings.taskTimeoutMs, subrequestBudget: settings.subrequestBudget };
  const exports = createExports({ store, followUp, ...limits, now, uuid });

  const sealing = { maxMessageBytes: settings.maxMessageBytes, uuid, now };
  const leftovers = async (scope: Scope) => leftoverMessages(await scope.finish(), sealing);
  const openScope = (waitUntil: RequestPlatform["waitUntil"], generation: number): Scope =>
    createScope({
      store,
      generation,
      waitUntil,
      publish: (late) => queue.publish(leftoverMessages(late, sealing)),
    });
  const ingest = createIngest({
    pipeline: createPipeline({ instances, ...settings }),
    queue,
    maxMessageBytes: settings.maxMessageBytes,
    leftovers,
    uuid,
  });

  const app = new Hono<{ Bindings: RequestPlatform }>({ getPath: prefixedPath(settings.pathPrefix) });
  app.get("/", (context) =>
    context.text("Edgehog is running. Point your PostHog SDK's host at this address.\n"),
  );
  app.get("/_gateway/health", (context) =>
    context.json({
      status: "ok",
      version,
      runtime: platform.runtime,
      durability: platform.durability,
      apps: platform.apps.filter(({ enabled }) => enabled).length,
    }),
  );
  app.on("GET", ["/_liveness", "/_readiness"], (context) => context.text("ok"));
  app.route("/_gateway", deliveryRoutes());
  if (settings.adminToken !== null) {
    const token = settings.adminToken;
    app.route(
      "/admin/api",
      createAdminApi({ token, instances, tasks, queue, projects: projects.list, now, uuid }),
    );
  }
  app.route(
    "/",
    createCapture({
      allowedOrigins: settings.allowedOrigins,
      rateLimitPerMinute: settings.rateLimitPerMinute,
      authorise: projects.serves,
      async ingest(batch, _client, context: Context<{ Bindings: RequestPlatform }>) {
        const scope = openScope((promise) => context.env.waitUntil(promise), 0);
        const noted = projects.note(batch.project);
        if (noted) scope.background(noted);
        try {
          await ingest.client(batch, scope);
        } catch (error) {
          if (!(error instanceof QueueUnavailable)) throw error;
          const { project, events } = batch;
          const message = `refused ${events.length} events with 503: ${error.message}`;
          platform.write(JSON.stringify({ level: "ERROR", source: "SYSTEM", project, message }));
          const notPersisted = eventsOf(error.refused);
          throw new Unavailable(
            error.message,
            RETRY_AFTER_SECONDS,
            notPersisted === undefined ? {} : { notPersisted },
          );
        }
      },
      clientOf: (context) => (context.env as RequestPlatform).client,
      siteUrl: () => settings.publicUrl,
      teamIdOf,
      now: () => now().getTime(),
      randomBytes: platform.randomBytes,
    }),
  );

  app.options(
    "*",
    ({ req }) => new Response(null, { status: 204, headers: preflightHeaders(req.raw, ANY_METHOD) }),
  );
  app.notFound(({ req }) => answerFailure(req.raw, 404, "not_found", `there is no ${req.path} here`));
  app.onError((error, { req }) => {
    const fault = {
      level: "ERROR",
      source: "SYSTEM",
      message: `${req.method} ${req.path}: ${error.stack ?? error}`,
    };
    platform.write(JSON.stringify(fault));
    return answerFailure(req.raw, 500, "internal_error", "internal server error");
  });

  return {
    fetch: (request, requestPlatform) => app.fetch(request, requestPlatform),
    async scheduled(timeMs) {
      await tasks.tick(timeMs, await projects.list());
      await queue.publish(
        await exports.sweep((project, plugin) => instances.hooks(project, plugin) !== null),
      );
    },
    stop,
  };

  async function stop(waitUntil: RequestPlatform["waitUntil"]): Promise<void> {
    const scope = openScope(waitUntil, 0);
    await instances.tearDown(scope);
    await queue.publish(await leftovers(scope));
  }

  function deliveryRoutes() {
    const forward =
      settings.posthogHost === null
        ? null
        : createForward({ host: settings.posthogHost, fetch: platform.fetch });
    const toPostHog = createPostHogDestination({ forward, followUp, now });
    const toEventHook = createEventHookDestination({ followUp, ...limits, fetch: platform.fetch });
    return createDeliveryRoutes({
      receive: createReceiver({ ...settings.qstash, publicUrl: settings.publicUrl }),
      queue,
      store,
      instances,
      deliver: createDeliver({ instances, destinations: { toPostHog, toEventHook, exports }, followUp, now }),
      exports,
      runTask: tasks.run,
      recapture: ingest.apps,
      runJob: createRunJob({ instances, deadLetters, now }),
      createScope: openScope,
      leftovers,
    });
  }
}

const ANY_METHOD = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

function answerFailure(request: Request, status: number, code: string, detail: string): Response {
  const type = status < 500 ? "invalid_request" : "server_error";
  return Response.json({ type, code, detail, error: detail }, { status, headers: corsHeaders(request) });
}

/** Serves every route below the prefix as well as at the root, where some SDKs insist on being. */
function prefixedPath(prefix: string): (request: Request) => string {
  if (prefix === "") return routePath;
  return (request) => {
    const path = routePath(request);
    return path === prefix || path.startsWith(`${prefix}/`) ? path.slice(prefix.length) || "/" : path;
  };
}
