import { Buffer } from "node:buffer";
import { type Environment, readSettings } from "../settings.ts";

/** What a Worker cannot start without, and keeps as secrets. */
export const requiredSecrets = [
  "UPSTASH_REDIS_REST_TOKEN",
  "QSTASH_TOKEN",
  "QSTASH_CURRENT_SIGNING_KEY",
  "QSTASH_NEXT_SIGNING_KEY",
] as const;

/** Stands for a secret, whose value nobody can read back: present, and well-formed as far as anyone can tell. */
const SECRET = "https://secret.invalid";
/** Stand-ins for settings of which `SECRET` is no form; any setting may be put as a secret. */
const STAND_INS: Environment = {
  SECRETS_KEY: Buffer.alloc(32).toString("base64"),
  ALERT_EMAIL: "secret@secret.invalid",
};

/**
 * What keeps a Worker from starting, a line per setting: of its `vars` and the names of its secrets. The form of a secret
 * is never a fault, since it cannot be seen; the Worker itself looks at it when it starts.
 */
export function deploymentFaults(vars: Environment, secrets: readonly string[]): readonly string[] {
  const unseen = secrets.filter((name) => !Object.hasOwn(vars, name));
  const standIns = Object.fromEntries(unseen.map((name) => [name, STAND_INS[name] ?? SECRET]));
  const parsed = readSettings({ ...standIns, ...vars });
  if (!("faults" in parsed)) return [];
  return parsed.faults.filter((fault) => !unseen.some((name) => fault.startsWith(`${name} `)));
}
