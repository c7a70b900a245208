import { readdir, readFile } from "node:fs/promises";

/**
 * Milliseconds of processor time, user and system, that the threads of a process have used. By the scheduler's own count: it
 * is what `/proc/<pid>/stat` shows in steps of 10 ms, too coarse for a round. What an ended thread used is not in it, but
 * workerd's threads live as long as it does. Throws where there is no `/proc`, or no such process.
 */
export async function cpuMsOf(pid: number): Promise<number> {
  const tasks = `/proc/${pid}/task`;
  const threads = await readdir(tasks).catch((error: Error) => {
    throw new Error(`the processor time of process ${pid} cannot be read: ${error.message}`);
  });
  try {
    const texts = await Promise.all(
      threads.map((thread) => readFile(`${tasks}/${thread}/schedstat`, "utf8")),
    );
    return texts.reduce((sum, text) => sum + parseSchedstat(text), 0);
  } catch (error) {
    // A kernel built without scheduler statistics has no such file for any thread.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return parseStat(await readFile(`/proc/${pid}/stat`, "utf8"));
  }
}

/** Milliseconds on the processor, from a thread's `schedstat`: its first number, in ns (Linux: sched-stats). */
export function parseSchedstat(text: string): number {
  const [onCpu] = text.split(" ");
  return number(onCpu, "schedstat", text) / 1e6;
}

/** USER_HZ: what user space sees as a clock tick is 1/100 s on every architecture that runs workerd. */
const MS_PER_TICK = 10;

/** Milliseconds of user plus system time from a process's `stat`. Its name may hold blanks and parentheses (proc(5)). */
export function parseStat(text: string): number {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  // Fields 14 and 15, counted from 1; the first here is field 3.
  return (number(fields[11], "stat", text) + number(fields[12], "stat", text)) * MS_PER_TICK;
}

function number(field: string | undefined, file: string, text: string): number {
  const value = Number(field);
  if (!field || !Number.isFinite(value)) throw new Error(`/proc: ${file} is not understood: ${text}`);
  return value;
}
