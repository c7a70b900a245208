import type { Instance } from "./instance.ts";

/**
 * PostHog's veto for the app named `Replicator`, which would otherwise copy events to the project that they came from
 * (runtime 3.2). Throws when its configuration asks for that.
 */
export function refuseReplication({ definition, project, meta }: Instance): void {
  if (definition.name !== "Replicator") return;
  const { config } = meta as { config: Record<string, unknown> };
  if (config["project_api_key"] === project) throw new Error("Self replication is not allowed");
  const copies = config["replication"] ?? "";
  if (copies !== "" && Number(copies) !== 1) throw new Error("Only 1x replication is allowed");
}
