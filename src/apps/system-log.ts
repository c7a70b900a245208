import { secretsOf } from "../logs/secrets.ts";
import type { AppDefinition } from "./definition.ts";
import type { InstanceServices } from "./instance.ts";
import { createAppLog, type LogLevel } from "./log.ts";
import { resolveConfig } from "./meta/config.ts";
import type { Scope } from "./scope.ts";

/** Writes the gateway's own lines into the log of an app that may have no instance. */
export type SystemLog = (
  app: { project: string; definition: AppDefinition },
  level: LogLevel,
  message: string,
  /** The scope sends what is logged while no hook of an app runs. */
  more?: { hook?: string; scope?: Scope },
) => void;

export function createSystemLog(
  services: Pick<InstanceServices, "environment" | "secrets" | "log" | "now">,
): SystemLog {
  return ({ project, definition }, level, message, { hook, scope } = {}) => {
    const config = resolveConfig(definition, services.environment, () => {});
    const mask = services.secrets.maskFor(secretsOf(definition, config));
    createAppLog({ ...services, definition, project, mask })(level, "SYSTEM", message, hook);
    scope?.logs.logged();
  };
}
