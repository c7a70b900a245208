import type { InstanceServices } from "../apps/instance.ts";
import type { Instances } from "../apps/instances.ts";
import { createAttachments } from "../apps/state/attachments.ts";
import type { Vault } from "../apps/state/vault.ts";
import type { Queue } from "../delivery/queue.ts";
import type { Projects } from "../projects.ts";
import type { Tasks } from "../schedule/tasks.ts";
import type { Settings } from "../settings.ts";
import type { Store } from "../store.ts";
import { type AppChanges, createAppChanges } from "./apps/changes.ts";
import { createImportFile, type ImportFile } from "./apps/file-routes.ts";
import { createTryApp } from "./apps/try/index.ts";
import { createRunTrial, type RunTrial } from "./apps/try/routes.ts";
import { type Audit, createAudit } from "./audit.ts";
import { type Choose, createChoose } from "./choose-app.ts";
import { createDestinations, type Destinations, type DestinationsOptions } from "./destinations/index.ts";
import { createRunNow, type RunNow } from "./run.ts";
import { createShownApps, type ShownApps, type ShownAppsOptions } from "./shown-apps.ts";

/** What the admin does, for its API and its pages alike. */
export interface Actions {
  choose: Choose;
  shown: ShownApps;
  audit: Audit;
  changes: AppChanges;
  runNow: RunNow;
  runTrial: RunTrial;
  importFile: ImportFile;
  destinations: Destinations;
}

export interface ActionsOptions extends ShownAppsOptions, DestinationsOptions {
  settings: Settings;
  projects: Projects;
  store: Store;
  queue: Queue;
  tasks: Tasks;
  vault: Vault | null;
  instances: Instances;
  instanceServices: InstanceServices;
  generations: { seal: (generation: number) => string };
  now: () => Date;
  uuid: () => string;
  writeFault: (message: string) => void;
}

export function createActions(options: ActionsOptions): Actions {
  const { store, now, writeFault, instances } = options;
  const { publicUrl } = options.settings;
  const shown = createShownApps(options);
  const audit = createAudit({ store, now, onFault: writeFault });
  const changes = createAppChanges({ ...options, shown, audit, attachments: createAttachments(store) });
  const tryApp = createTryApp({ ...options, publicUrl, seal: options.generations.seal });
  return {
    choose: createChoose(options),
    shown,
    audit,
    changes,
    runNow: createRunNow({ ...options, audit }),
    runTrial: createRunTrial({ ...options, tryApp, audit, publicUrl }),
    importFile: createImportFile({ instances, shown, changes }),
    destinations: createDestinations({ ...options, audit }),
  };
}
