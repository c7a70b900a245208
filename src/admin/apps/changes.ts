import { missingFields } from "../../apps/configuration.ts";
import type { Instances } from "../../apps/instances.ts";
import { isReference } from "../../apps/meta/config.ts";
import type { Place } from "../../apps/place.ts";
import { type Attachments, MAX_ATTACHMENT_BYTES } from "../../apps/state/attachments.ts";
import { changeOverride } from "../../apps/state/record.ts";
import type { Vault } from "../../apps/state/vault.ts";
import type { Environment } from "../../settings.ts";
import type { Audit } from "../audit.ts";
import type { DescribedApp, ShownApps } from "../shown-apps.ts";
import {
  type AppChange,
  changedOverride,
  type CheckedChange,
  checkChange,
  WITHOUT_KEY,
} from "./checked-change.ts";
import { describeChange } from "./describe-change.ts";
import { ordersFor } from "./order.ts";
import { Refused, refusalOf } from "../faults.ts";

/** Who changes something, and what keeps the platform alive after the answer. */
export interface By {
  who: string;
  waitUntil: (promise: Promise<unknown>) => void;
}

export interface UploadedFile {
  name: string;
  type: string;
  content: Uint8Array;
}

/**
 * What people change about apps: each is checked, kept in Redis over `apps.json`, in force here at once and elsewhere within
 * 30 s, and in the audit list. All reject with `Refused` for what does not fit, and when Redis does not answer.
 */
export interface AppChanges {
  /** Rejects where `change` would because of what is to be changed. Changes nothing. */
  check(place: Place, change: AppChange): Promise<void>;
  change(place: Place, change: AppChange, by: By): Promise<DescribedApp>;
  /** Puts an app at a position of the chain, from 1. */
  move(place: Place, position: number, by: By): Promise<DescribedApp>;
  attach(place: Place, field: string, file: UploadedFile, by: By): Promise<DescribedApp>;
  /** Drops an uploaded file, so that the one of `apps.json` counts again, if there is one. */
  detach(place: Place, field: string, by: By): Promise<DescribedApp>;
}

export interface AppChangesOptions {
  instances: Instances;
  shown: ShownApps;
  attachments: Attachments;
  vault: Vault | null;
  environment: Environment;
  audit: Audit;
  uuid: () => string;
}

export function createAppChanges(options: AppChangesOptions): AppChanges {
  const { instances, shown, attachments, vault, audit } = options;

  /** Works on what all isolates know, not on what this one knew half a minute ago. */
  async function apply(place: Place, by: By, prepare: () => Promise<CheckedChange>): Promise<DescribedApp> {
    const { project, plugin } = place;
    let before = shown.describe(place);
    let change: CheckedChange = {};
    await shown.inScope(by.waitUntil, async (scope) => {
      await instances.refresh(project, scope);
      before = shown.describe(place);
      const files = place.override?.attachments ?? {};
      change = await prepare();
      try {
        requireConfiguration(place, change);
        await changeOverride(scope.commands, project, plugin, (current) =>
          changedOverride(place, current, change),
        );
      } catch (error) {
        scope.background(release(place, change.attachments ?? {}));
        throw error;
      }
      const replaced = Object.keys(change.attachments ?? {}).map((field) => [field, files[field]] as const);
      scope.background(release(place, Object.fromEntries(replaced)));
      await instances.refresh(project, scope);
      // Set up now, so that the answer says how that went.
      await instances.find(project, plugin, scope);
    });
    const after = shown.describe(place);
    await audit.record({ who: by.who, project, plugin, ...describeChange(before, after, change) });
    return after;
  }

  return {
    check: async (place, change) => requireConfiguration(place, await checkChange(place, change, vault)),

    change: (place, change, by) => apply(place, by, () => checkChange(place, change, vault)),

    async move(place, position, by) {
      const { project } = place;
      const before = shown.describe(place);
      await shown.inScope(by.waitUntil, async (scope) => {
        await instances.refresh(project, scope);
        const chain = instances.places(project).map(({ plugin, override, bundled }) => ({
          plugin,
          order: override?.order ?? bundled.id,
        }));
        for (const { plugin, order } of ordersFor(chain, place.plugin, position)) {
          const moved = instances.places(project).find((other) => other.plugin === plugin) ?? place;
          await changeOverride(scope.commands, project, plugin, (current) =>
            changedOverride(moved, current, { order }),
          );
        }
        await instances.refresh(project, scope);
      });
      const after = shown.describe(place);
      const change = describeChange(before, after, { order: after.order });
      await audit.record({ who: by.who, project, plugin: place.plugin, ...change });
      return after;
    },

    attach(place, field, file, by) {
      const { project, plugin } = place;
      return apply(place, by, async () => {
        const { secret } = attachmentField(place, field);
        const { length } = file.content;
        if (length > MAX_ATTACHMENT_BYTES) {
          const why = `has ${length} bytes, and may have ${MAX_ATTACHMENT_BYTES}`;
          throw refusalOf(`attachments.${field}`, why);
        }
        if (secret && !vault) throw refusalOf(`attachments.${field}`, WITHOUT_KEY);
        const { name: file_name, type: content_type, content } = file;
        const stored = await attachments.store(
          { project, plugin, field },
          { id: options.uuid(), file_name, content_type, content },
          secret ? vault : null,
        );
        return { attachments: { [field]: stored } };
      });
    },

    detach: (place, field, by) =>
      apply(place, by, async () => {
        attachmentField(place, field);
        return { attachments: { [field]: undefined } };
      }),
  };

  /** Releases files that no override names, or not any more. */
  async function release({ project, plugin }: Place, files: CheckedChange["attachments"]): Promise<void> {
    for (const [field, stored] of Object.entries(files ?? {})) {
      if (stored) await attachments.release({ project, plugin, field }, stored);
    }
  }

  /** An app that runs, or is to run, needs all that is required; one that is off may be configured step by step. */
  function requireConfiguration(place: Place, change: CheckedChange): void {
    const enabled = change.enabled === undefined ? place.enabled : (change.enabled ?? place.bundled.enabled);
    const changesValues = Object.keys({ ...change.config, ...change.attachments }).length > 0;
    if (!enabled || (!changesValues && change.enabled === undefined)) return;
    const missing = missingFields(place.bundled.manifest, ...valuesAfter(place, change));
    if (missing.length === 0) return;
    const why = `required for "${place.plugin}" to be enabled`;
    throw new Refused(missing.map((key) => ({ field: `config.${key}`, why })));
  }

  /** What would be set after a change, as far as it matters whether there is something. */
  function valuesAfter(
    { bundled, override }: Place,
    { config = {}, secrets = {}, attachments: files = {} }: CheckedChange,
  ): [config: Record<string, unknown>, files: Record<string, unknown>] {
    const values: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(bundled.config)) {
      values[key] = isReference(value) ? options.environment[value.env] : value;
    }
    Object.assign(values, present({ ...override?.config, ...config }));
    Object.assign(values, present({ ...override?.secrets, ...secrets }));
    return [values, { ...bundled.attachments, ...present({ ...override?.attachments, ...files }) }];
  }
}

function attachmentField({ bundled, plugin }: Place, key: string): { secret: boolean } {
  const field = bundled.manifest.config.find((candidate) => candidate.key === key);
  if (field?.type === "attachment") return field;
  throw refusalOf(`attachments.${key}`, `"${plugin}" has no field of type attachment by that name`);
}

function present(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
