import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Told } from "../told.ts";

/** What a session in a process of its own is given, as its only argument, in JSON. */
export interface ChildOptions {
  /** The installed package. */
  folder: string;
  version: string;
  /** The recorder's address. */
  host: string;
}

const SESSION_TIMEOUT_MS = 60_000;

/**
 * Runs a session of an SDK for Node in a process of its own, so that its clock can be wrong and its release the only one.
 * @throws when it fails, with what it wrote
 */
export async function recordChild(
  session: URL,
  options: ChildOptions,
  environment: Record<string, string | undefined>,
): Promise<Told[]> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [session.pathname, JSON.stringify(options)],
    { timeout: SESSION_TIMEOUT_MS, env: environment },
  );
  return JSON.parse(stdout) as Told[];
}
