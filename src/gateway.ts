import { createAdmin } from "#admin";
import { type Context, Hono } from "hono";
import { fields } from "./accounts/counts.ts";
import { acknowledge } from "./acknowledge.ts";
import type { AppDefinition } from "./apps/definition.ts";
import { mendRegExp } from "./apps/built-ins/regexp.ts";
import type { Instances } from "./apps/instances.ts";
import type { LocateInDatabase } from "./apps/meta/geoip.ts";
import type { Unhandled } from "./apps/unhandled.ts";
import { createCapture } from "./capture/capture.ts";
import { preflightHeaders } from "./capture/cors.ts";
import { routePath } from "./capture/path.ts";
import { createDeliveryRoutes } from "./delivery/index.ts";
import { createReceiver } from "./delivery/receiver.ts";
import { createReadSignature } from "./delivery/signature.ts";
import type { CapturedBatch, Client } from "./event.ts";
import { answerFault } from "./proxy/answer.ts";
import type { AssetCache } from "./proxy/assets.ts";
import { createProxy } from "./proxy/index.ts";
import { createReplay } from "./replay/index.ts";
import { createHealth } from "./health.ts";
import { tick } from "./schedule/tick.ts";
import { createServices, type Services } from "./services.ts";
import type { Environment, Settings } from "./settings.ts";
import { teamIdOf } from "./team.ts";
import { version } from "./version.ts";

/** What a platform supplies with each request. */
export interface RequestPlatform {
  client: Client;
  /** Keeps the platform alive after the answer, for work that nobody was promised. */
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
  /** Looks an address up in the City database, if the platform has one. */
  locate: LocateInDatabase;
  /** Keeps PostHog's assets; null asks PostHog every time. */
  assetCache: AssetCache | null;
  /** Writes one line of the log. */
  write(line: string): void;
}

export interface Gateway extends Unhandled {
  fetch(request: Request, platform: RequestPlatform): Response | Promise<Response>;
  /** A cron tick, once a minute. Rejects when a part of it failed; the others were done, and the next tick comes all the same. */
  scheduled(timeMs: number): Promise<void>;
  /** Lets apps tear down before the process ends, and publishes what they leave. Rejects when QStash refuses that. */
  stop(waitUntil: RequestPlatform["waitUntil"]): Promise<void>;
}

/** A gateway whose settings are whole. */
export interface RoutedGateway extends Gateway {
  /** What the router has: a guarantee about all routes is held against these. */
  readonly routes: readonly { method: string; path: string }[];
}

/** Puts the gateway together for a platform and mounts its routes. Reaches neither Redis nor QStash until there is work. */
export function createGateway(platform: Platform, services = createServices(platform)): RoutedGateway {
  const app = createApp(platform, services);
  mountOwnRoutes(app, platform, services);
  if (platform.settings.adminTokens.length > 0) mountAdmin(app, platform, services);
  mountSdkRoutes(app, platform, services);
  app.options(
    "*",
    ({ req }) => new Response(null, { status: 204, headers: preflightHeaders(req.raw, ANY_METHOD) }),
  );

  const { instances } = services;
  return {
    routes: app.routes,
    fetch(request, requestPlatform) {
      // Code that an app left running after its call may have changed regular expressions since.
      mendRegExp();
      return app.fetch(request, requestPlatform);
    },
    scheduled: (timeMs) => tick(timeMs, services),
    async stop(waitUntil) {
      const scope = services.openScope(waitUntil, 0);
      await instances.tearDown(scope);
      await services.finish(scope);
    },
    ...services.unhandled,
  };
}

type App = Hono<{ Bindings: RequestPlatform }>;

/** An app without routes: what it has none for, and what fails in one, is answered as SDKs and scripts understand it. */
function createApp({ settings }: Platform, { writeFault }: Services): App {
  const app: App = new Hono({ getPath: prefixedPath(settings.pathPrefix) });
  app.notFound(({ req }) => answerFault(req.raw, 404, "not_found", `there is no ${req.path} here`));
  app.onError((error, { req }) => {
    writeFault(`${req.method} ${req.path}: ${error.stack ?? error}`);
    return answerFault(req.raw, 500, "internal_error", "internal server error");
  });
  return app;
}

/** What people, monitors and QStash call. */
function mountOwnRoutes(app: App, platform: Platform, services: Services): void {
  const { settings, apps, runtime, durability, now } = platform;
  const { publicUrl, qstash } = settings;
  app.get("/", (context) =>
    context.text("Edgehog is running. Point your PostHog SDK's host at this address.\n"),
  );
  app.on("GET", ["/_liveness", "/_readiness"], (context) => context.text("ok"));
  const health = createHealth({ ...services, now });
  app.get("/_gateway/health", async (context) =>
    context.json({
      status: "ok",
      version,
      runtime,
      durability,
      apps: apps.filter(({ enabled }) => enabled).length,
      ...(await health()),
    }),
  );
  app.route(
    "/_gateway",
    createDeliveryRoutes({
      ...services,
      receive: createReceiver(createReadSignature({ ...qstash, publicUrl, nowMs: () => now().getTime() })),
      runTask: services.tasks.run,
      recapture: services.ingest.apps,
      createScope: services.openScope,
      onFault: services.writeFault,
    }),
  );
}

/**
 * The admin is an app of its own below `/admin`: its routes are of a kind for which Hono takes its slower router, and a
 * capture request would pay for that.
 */
function mountAdmin(app: App, platform: Platform, services: Services): void {
  const { logs } = services;
  const admin = createApp(platform, services);
  admin.use(async ({ env }, next) => {
    await next();
    // What the admin did may have been logged by apps outside of a piece of work.
    const flushed = logs.flush();
    if (flushed) env.waitUntil(flushed);
  });
  admin.route("/admin", createAdmin({ ...services, ...platform }));
  app.all("/admin/*", ({ req, env }) => admin.fetch(req.raw, env));
}

/** What SDKs call: events and recordings come in here, everything else is PostHog's to answer. */
function mountSdkRoutes(app: App, platform: Platform, services: Services): void {
  const { settings } = platform;
  const { projects, instances } = services;
  const nowMs = () => platform.now().getTime();
  const ingest = (batch: CapturedBatch, _client: Client, context: Context<{ Bindings: RequestPlatform }>) =>
    acknowledge(batch, context.req.raw, context.env, services);
  const reception = {
    allowedOrigins: settings.allowedOrigins,
    authorise: projects.serves,
    teamIdOf,
    now: nowMs,
    randomBytes: platform.randomBytes,
  };
  const upstream = {
    posthogHost: settings.posthogHost,
    fetch: platform.fetch,
    now: nowMs,
    onFault: services.writeFault,
  };
  app.route(
    "/",
    createCapture({
      ...reception,
      rateLimitPerMinute: settings.rateLimitPerMinute,
      isPaused: (project) => settings.pausedProjects.includes(project),
      ingest,
      onRejected: (project, reason, count, context) =>
        services.tally(project, { [fields.invalid(reason)]: count }, context.env.waitUntil),
      clientOf: (context) => (context.env as RequestPlatform).client,
      siteUrl: () => settings.publicUrl,
    }),
  );
  app.route(
    "/",
    createReplay({
      ...reception,
      ...upstream,
      wantsSnapshots: (project) => hasSnapshotHook(instances, project),
      ingestSnapshots: ingest,
      siteUrl: settings.publicUrl,
    }),
  );
  app.route(
    "/",
    createProxy({
      ...upstream,
      assetsHost: settings.posthogAssetsHost,
      cache: platform.assetCache,
      uuid: services.uuid,
    }),
  );
}

const ANY_METHOD = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/** Serves every route below the prefix as well as at the root, where some SDKs insist on being. */
function prefixedPath(prefix: string): (request: Request) => string {
  if (prefix === "") return routePath;
  return (request) => {
    const path = routePath(request);
    return path === prefix || path.startsWith(`${prefix}/`) ? path.slice(prefix.length) || "/" : path;
  };
}

function hasSnapshotHook(instances: Instances, project: string): boolean {
  return instances.definitions(project).some(({ plugin }) => instances.hooks(project, plugin)?.onSnapshot);
}
