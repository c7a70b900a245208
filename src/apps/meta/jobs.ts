import { requireInvocation } from "../scope.ts";

/** How a job is scheduled; each resolves once the job is certain to run. */
export interface JobControls {
  runNow(): Promise<void>;
  runIn(duration: number | string, unit: string): Promise<void>;
  runAt(date: Date | string | number): Promise<void>;
}

/** `meta.jobs`: any name may be asked for; one that the app does not have fails when it is due (runtime 2.8). */
export type AppJobs = Readonly<Record<string, (payload?: unknown) => JobControls>>;

const MAX_PAYLOAD_CHARACTERS = 5_000_000;

const second = 1000;
const day = 24 * 60 * 60 * second;
/** By singular; months and longer are plain numbers of days (decisions 13). */
const unitMs: Readonly<Record<string, number>> = {
  milliseconds: 1,
  seconds: second,
  minutes: 60 * second,
  hours: 60 * 60 * second,
  days: day,
  weeks: 7 * day,
  months: 30 * day,
  quarters: 91 * day,
  years: 365 * day,
};

/** Milliseconds of a duration such as 3 "minutes". Throws for a unit that does not exist. */
export function durationMs(duration: number | string, unit: string): number {
  const plural = String(unit).endsWith("s") ? unit : `${unit}s`;
  const factor = Object.hasOwn(unitMs, plural) ? unitMs[plural] : undefined;
  if (factor === undefined) throw new Error(`Unknown time unit: ${plural}`);
  return Number(duration) * factor;
}

export function createAppJobs(options: { project: string; plugin: string; now: () => Date }): AppJobs {
  const { project, plugin } = options;
  const schedule = async (name: string, payload: unknown, dueAtMs: number) => {
    if (!Number.isFinite(dueAtMs)) throw new Error(`jobs.${name}: it is not said when it is to run`);
    const { scope } = requireInvocation("jobs");
    // Through JSON now: the app may go on changing what it handed over.
    const text = payload === undefined ? undefined : (JSON.stringify(payload) ?? "null");
    if (text !== undefined && text.length > MAX_PAYLOAD_CHARACTERS) {
      throw new Error(
        `jobs.${name}: a payload has at most ${MAX_PAYLOAD_CHARACTERS} characters of JSON, this one has ${text.length}`,
      );
    }
    await scope.schedule({
      project,
      plugin,
      job: name,
      dueAtMs,
      ...(text === undefined ? {} : { payload: JSON.parse(text) }),
    });
  };
  const nowMs = () => options.now().getTime();

  return new Proxy(
    {},
    {
      get: (_target, name) =>
        typeof name !== "string"
          ? undefined
          : (payload?: unknown): JobControls => ({
              runNow: () => schedule(name, payload, nowMs()),
              runIn: async (duration, unit) => schedule(name, payload, nowMs() + durationMs(duration, unit)),
              runAt: (date) => schedule(name, payload, new Date(date).valueOf()),
            }),
    },
  );
}
