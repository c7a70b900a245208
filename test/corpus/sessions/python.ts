import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { AWKWARD, AWKWARD_RECEIVED, CLOCK_SKEW_MS, TOKEN, type Told } from "../told.ts";

const SESSION_TIMEOUT_MS = 60_000;
const SESSION = new URL("python.py", import.meta.url).pathname;

/**
 * Runs posthog-python, in a process of its own so that its clock can be wrong.
 * @param environment folder of the virtual environment that holds it
 * @param mode `v1` for protocol v1, compressed
 * @throws when it fails, with what it wrote
 */
export async function recordPython(
  environment: string,
  { host, version, mode }: { host: string; version: string; mode: string | undefined },
): Promise<Told[]> {
  const options = {
    host,
    version,
    mode: mode ?? "v0",
    token: TOKEN,
    skewMs: CLOCK_SKEW_MS,
    awkward: AWKWARD,
    received: AWKWARD_RECEIVED,
  };
  const { stdout } = await promisify(execFile)(
    `${environment}/bin/python`,
    [SESSION, JSON.stringify(options)],
    { timeout: SESSION_TIMEOUT_MS },
  );
  return JSON.parse(stdout) as Told[];
}
