import type { Deployment } from "./deploy.ts";

/** Seconds from the first to each request that the hook got. */
export function recordTimes(edge: Deployment): number[] {
  const times: number[] = [];
  let first: number | undefined;
  edge.hook.answerWith(() => {
    first ??= edge.clock.now();
    times.push((edge.clock.now() - first) / 1000);
    return new Response("ok");
  });
  return times;
}
