import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

/** A module that takes longer to evaluate would not start on Workers either. */
const EVALUATION_TIMEOUT_MS = 15_000;

/**
 * Names the hooks of the one app in a compiled registry, jobs as `jobs.<name>`. Evaluates the app's module, in a thread of
 * its own. Rejects with what the module throws.
 */
export async function findHooksOf(registryFile: string): Promise<string[]> {
  const worker = new Worker(new URL("hooks-worker.ts", import.meta.url), {
    workerData: pathToFileURL(registryFile).href,
    stdout: true,
    stderr: true,
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<string[]>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
      worker.once("exit", () => reject(new Error("the module ended its thread")));
      timer = setTimeout(
        () => reject(new Error(`the module was not evaluated within ${EVALUATION_TIMEOUT_MS / 1000} s`)),
        EVALUATION_TIMEOUT_MS,
      );
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
