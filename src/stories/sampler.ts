/** How often a request is sampled, of each project in each isolate. */
const SAMPLE_EVERY_MS = 1000;
/** So many events of a sampled request are followed, and so many while a person watches. */
const EVENTS_PER_SAMPLE = 10;
const EVENTS_PER_WATCHED_REQUEST = 100;

/** With `PROJECT_TOKENS=*` a token may be anything. */
const MAX_PROJECTS = 1000;

/** How many events of a project's request that has just arrived are to be followed; as a rule 0. Asks nobody. */
export type Sampler = (project: string) => number;

/** Tells whether a project's events may be kept for people to look at; `"*"` allows it for all. */
export function samplingOf(projects: readonly string[] | "*"): (project: string) => boolean {
  return (project) => projects === "*" || projects.includes(project);
}

export function createSampler(options: {
  maySample: (project: string) => boolean;
  isWatched: (project: string) => boolean;
  now: () => Date;
}): Sampler {
  const { maySample, isWatched, now } = options;
  const sampledAtMs = new Map<string, number>();

  return (project) => {
    if (!maySample(project)) return 0;
    if (isWatched(project)) return EVENTS_PER_WATCHED_REQUEST;
    const nowMs = now().getTime();
    // A clock that was set back must not end it.
    if (Math.abs(nowMs - (sampledAtMs.get(project) ?? 0)) < SAMPLE_EVERY_MS) return 0;
    if (sampledAtMs.size >= MAX_PROJECTS) sampledAtMs.clear();
    sampledAtMs.set(project, nowMs);
    return EVENTS_PER_SAMPLE;
  };
}
