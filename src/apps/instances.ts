import type { AppDefinition } from "./definition.ts";
import { summariseThrown } from "./describe-thrown.ts";
import { RetryError } from "./errors.ts";
import type { Hooks } from "./hooks.ts";
import { createInstance, type Instance, type InstanceServices, runHook } from "./instance.ts";
import { createAppLog } from "./log.ts";
import type { Scope } from "./scope.ts";

/** Waits between attempts of `setupPlugin`: six executions, then the app is disabled (decisions 15). */
export const SETUP_RETRY_DELAYS_MS = [5_000, 10_000, 20_000, 40_000, 80_000] as const;

/** In `PROJECT_TOKENS=*` any token makes instances; past this many projects they are started afresh. */
const MAX_PROJECTS = 1000;

/** The apps of each project, set up and ready, in chain order. */
export interface Instances {
  /**
   * A project's ready instances. Synchronous once all are warm, so that a warm request waits for nothing; otherwise sets
   * up what is due first. An app that is pending or disabled is left out. Never rejects.
   */
  ready(project: string, scope: Scope): readonly Instance[] | Promise<readonly Instance[]>;
  /** One app's ready instance; null while it is pending or disabled, or when it does not run for this project. */
  find(project: string, plugin: string, scope: Scope): Promise<Instance | null>;
  /** Apps whose set-up is to be tried again, with the hooks they have: their deferred work is put off, not lost. */
  pending(project: string): readonly { plugin: string; hooks: Hooks }[];
  /** One app's hooks, without setting it up; null when it does not run for this project. Never throws. */
  hooks(project: string, plugin: string): Hooks | null;
  /** Runs `teardownPlugin` of all that were set up, where a platform lets an instance end. Never rejects. */
  tearDown(scope: Scope): Promise<void>;
  /** The apps enabled for a project, in chain order. */
  definitions(project: string): readonly AppDefinition[];
}

/** Where an app stands with one project in this isolate. */
interface Place {
  definition: AppDefinition;
  state: "new" | "ready" | "pending" | "disabled";
  instance: Instance | null;
  /** Known once the app's module has been evaluated, set up or not. */
  hooks: Hooks | null;
  /** Failed attempts of `setupPlugin` so far. */
  failures: number;
  dueAtMs: number;
}

interface ProjectPlaces {
  places: readonly Place[];
  /** Set once nothing is left to set up. */
  warm: readonly Instance[] | null;
}

export function createInstances(options: {
  apps: readonly AppDefinition[];
  services: InstanceServices;
  setupTimeoutMs: number;
}): Instances {
  const projects = new Map<string, ProjectPlaces>();

  function placesOf(project: string): ProjectPlaces {
    const known = projects.get(project);
    if (known) return known;
    if (projects.size >= MAX_PROJECTS) projects.clear();
    const places = options.apps
      .filter((app) => app.enabled && (!app.projects || app.projects.includes(project)))
      .map((definition): Place => ({
        definition,
        state: "new",
        instance: null,
        hooks: null,
        failures: 0,
        dueAtMs: 0,
      }));
    const created = { places, warm: places.length === 0 ? [] : null };
    projects.set(project, created);
    return created;
  }

  const placeOf = (project: string, plugin: string) =>
    placesOf(project).places.find((place) => place.definition.plugin === plugin);

  const isDue = (place: Place) =>
    place.state === "new" || (place.state === "pending" && place.dueAtMs <= options.services.now().getTime());

  async function prepare(project: string, scope: Scope): Promise<readonly Instance[]> {
    const entry = placesOf(project);
    await Promise.all(entry.places.filter(isDue).map((place) => setUp(place, project, scope)));
    const ready = entry.places.flatMap((place) => (place.instance ? [place.instance] : []));
    if (entry.places.every((place) => place.state === "ready" || place.state === "disabled"))
      entry.warm = ready;
    return ready;
  }

  /**
   * Sets up a fresh candidate, and makes it the app's instance if no other request was faster: two first requests never
   * wait for each other, since on Workers neither may await the other's promises.
   */
  async function setUp(place: Place, project: string, scope: Scope): Promise<void> {
    const failuresBefore = place.failures;
    let candidate: Instance | undefined;
    try {
      const created = createInstance(place.definition, project, options.services);
      candidate = created;
      place.hooks = created.hooks;
      const { setupPlugin } = created.hooks;
      if (setupPlugin) await runHook(created, "setupPlugin", scope, setupPlugin, options.setupTimeoutMs);
      await created.global.load(scope.commands).catch((error: Error) => {
        created.log("WARN", "SYSTEM", `global starts from set-up alone: ${error.message}`);
      });
      if (place.state === "ready") return;
      place.instance = created;
      place.state = "ready";
    } catch (thrown) {
      // Another request's attempt has been counted meanwhile; this one is the same attempt.
      if (place.state !== "ready" && place.failures === failuresBefore)
        fail(place, project, thrown, candidate);
    }
  }

  function fail(place: Place, project: string, thrown: unknown, candidate: Instance | undefined): void {
    const { log, now, secrets } = options.services;
    const { definition } = place;
    if (!candidate) {
      place.state = "disabled";
      const write = createAppLog({ definition, project, mask: secrets.mask, log, now });
      const summary = summariseThrown(thrown);
      write("ERROR", "SYSTEM", `Plugin failed to load: ${summary}. Disabled the app!`, "setupPlugin");
      return;
    }
    const write = (message: string) => candidate.log("ERROR", "SYSTEM", message, "setupPlugin");
    place.failures += 1;
    const attempts = SETUP_RETRY_DELAYS_MS.length + 1;
    const delayMs = SETUP_RETRY_DELAYS_MS[place.failures - 1];
    if (thrown instanceof RetryError && delayMs !== undefined) {
      place.state = "pending";
      place.dueAtMs = now().getTime() + delayMs;
      write(
        `setupPlugin failed with ${thrown.name} (attempt ${place.failures}/${attempts}): ${thrown.message}. Retrying in ${delayMs / 1000} s...`,
      );
      return;
    }
    place.state = "disabled";
    candidate.logThrown(thrown, "setupPlugin");
    write(`setupPlugin failed with ${summariseThrown(thrown)}. Disabled the app!`);
  }

  return {
    ready: (project, scope) => placesOf(project).warm ?? prepare(project, scope),

    async find(project, plugin, scope) {
      const place = placeOf(project, plugin);
      if (!place) return null;
      if (isDue(place)) await setUp(place, project, scope);
      return place.instance;
    },

    pending: (project) =>
      placesOf(project)
        .places.filter((place) => place.state === "pending")
        .map((place) => ({ plugin: place.definition.plugin, hooks: place.hooks ?? {} })),

    hooks(project, plugin) {
      const place = placeOf(project, plugin);
      if (place && !place.hooks) {
        try {
          place.hooks = createInstance(place.definition, project, options.services).hooks;
        } catch (thrown) {
          fail(place, project, thrown, undefined);
        }
      }
      return place?.hooks ?? null;
    },

    async tearDown(scope) {
      const ready = [...projects.values()].flatMap(({ places }) =>
        places.flatMap(({ instance }) => (instance?.hooks.teardownPlugin ? [instance] : [])),
      );
      projects.clear();
      await Promise.all(ready.map((instance) => tearDownInstance(instance, scope, options.setupTimeoutMs)));
    },

    definitions: (project) => placesOf(project).places.map((place) => place.definition),
  };
}

async function tearDownInstance(instance: Instance, scope: Scope, timeoutMs: number): Promise<void> {
  const { teardownPlugin } = instance.hooks;
  try {
    await runHook(instance, "teardownPlugin", scope, (meta) => teardownPlugin?.(meta), timeoutMs);
    void instance.global.save(scope.commands);
  } catch (thrown) {
    instance.logThrown(thrown, "teardownPlugin");
    instance.log("ERROR", "SYSTEM", "Plugin failed to unload.", "teardownPlugin");
  }
}
