import type { Instances } from "../apps/instances.ts";
import type { Place } from "../apps/place.ts";
import type { Scope } from "../apps/scope.ts";
import type { Environment } from "../settings.ts";
import { describeApp } from "./describe-app.ts";

type WaitUntil = (promise: Promise<unknown>) => void;
export type DescribedApp = ReturnType<typeof describeApp>;

/** A project's apps as pages and the API show them. */
export interface ShownApps {
  describe(place: Place): DescribedApp;
  /** All of a project, in chain order: one request to Redis. While Redis is away, what this isolate knows. */
  of(project: string, waitUntil: WaitUntil): Promise<DescribedApp[]>;
  /** Asks Redis what has changed; while it is away, nothing has. */
  refresh(project: string, waitUntil: WaitUntil): Promise<void>;
  /** Does what needs a scope of its own, and publishes what apps leave behind in it. */
  inScope(waitUntil: WaitUntil, work: (scope: Scope) => Promise<void>): Promise<void>;
}

export interface ShownAppsOptions {
  instances: Instances;
  environment: Environment;
  openScope: (waitUntil: WaitUntil, generation: number) => Scope;
  /** Publishes what apps left behind while they were set up. */
  finish: (scope: Scope) => Promise<void>;
}

export function createShownApps(options: ShownAppsOptions): ShownApps {
  const { instances, environment } = options;
  const shown: ShownApps = {
    describe(place) {
      const chain = instances.places(place.project).filter(({ enabled }) => enabled);
      const index = chain.indexOf(place);
      const hooks = instances.hooks(place.project, place.plugin);
      return describeApp(place, hooks, index < 0 ? null : index + 1, environment);
    },
    async of(project, waitUntil) {
      await shown.refresh(project, waitUntil);
      return instances.places(project).map(shown.describe);
    },
    refresh(project, waitUntil) {
      return shown.inScope(waitUntil, (scope) => instances.refresh(project, scope).catch(() => {}));
    },
    async inScope(waitUntil, work) {
      const scope = options.openScope(waitUntil, 0);
      await work(scope);
      await options.finish(scope);
    },
  };
  return shown;
}
