import { missingFields } from "../apps/configuration.ts";
import type { Hooks } from "../apps/hooks.ts";
import { isReference } from "../apps/meta/config.ts";
import { type Place, standingOf } from "../apps/place.ts";
import type { Environment } from "../settings.ts";
import { describeConfig } from "./describe-config.ts";

/** An app of a project, as the admin shows it. `position` is its place in the chain, from 1; null when it is not in it. */
export function describeApp(
  place: Place,
  hooks: Hooks | null,
  position: number | null,
  environment: Environment,
) {
  const { project, plugin, bundled, enabled, override } = place;
  const { id, name, manifest } = bundled;
  const missing = missingIn(place, environment);
  return {
    project,
    plugin,
    name,
    id,
    position,
    enabled,
    order: override?.order ?? id,
    ...describeState(place, missing),
    hooks: hooks
      ? Object.keys(hooks)
          .filter((hook) => hook !== "jobs" && hook !== "metrics")
          .toSorted()
      : null,
    metrics: hooks?.metrics ?? {},
    jobs: Object.keys(hooks?.jobs ?? {}),
    publicJobs: manifest.publicJobs,
    config: describeConfig(place, environment),
    attachments: describeAttachments(place),
    missing,
    description: manifest.description ?? null,
  };
}

/** The fields that take a file, and the files that they have. */
function describeAttachments({ bundled, definition, override }: Place) {
  return bundled.manifest.config.flatMap(({ key, name, type, hint, required, secret }) => {
    if (key === undefined || type !== "attachment") return [];
    const uploaded = override?.attachments?.[key];
    const file = definition.attachments[key];
    return [
      {
        key,
        ...(name ? { name } : {}),
        ...(hint ? { hint } : {}),
        required,
        secret,
        /** Null when there is none. */
        file: uploaded?.file_name ?? file?.file_name ?? null,
        ...(uploaded ? { bytes: uploaded.bytes } : {}),
        from: uploaded ? ("admin" as const) : file ? ("apps.json" as const) : null,
      },
    ];
  });
}

/** Keys of required fields that have no value in this project. */
export function missingIn({ bundled, definition }: Place, environment: Environment): string[] {
  const resolved = Object.fromEntries(
    Object.entries(definition.config).map(([key, value]) => [
      key,
      isReference(value) ? environment[value.env] : value,
    ]),
  );
  return missingFields(bundled.manifest, resolved, definition.attachments);
}

function describeState(place: Place, missing: readonly string[]) {
  const { state } = place;
  switch (standingOf(place)) {
    case "running":
      return { state: "running" };
    case "pending":
      return state?.status === "pending"
        ? {
            state: "pending",
            attempt: state.attempt,
            nextAttemptAt: new Date(state.dueAtMs).toISOString(),
            why: `setupPlugin asks to be tried again: attempt ${state.attempt} has failed`,
          }
        : { state: "pending" };
    case "disabled":
      return state?.status === "disabled"
        ? { state: "disabled", since: new Date(state.atMs).toISOString(), why: state.why }
        : { state: "disabled" };
    case null:
      return missing.length > 0
        ? { state: "needs configuration", why: `without a value: ${missing.join(", ")}` }
        : { state: "disabled", why: place.override?.enabled === false ? "by an admin" : "in apps.json" };
  }
}
