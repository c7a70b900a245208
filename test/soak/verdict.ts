import type { Sample } from "./sample.ts";
import { meanOf, type Point, riseOf, secondHalf } from "./trend.ts";

/** What counts as flat: the rise over the second half, as a share of the mean, or this much in any case. */
const FLAT_SHARE = 0.1;
const FLAT_RSS_MB = 16;
const FLAT_HEAP_MB = 2;
const FLAT_KEY_BYTES = 64_000;

/** Names of kinds that are not the gateway's: what apps keep, and what the local QStash does. */
const NOT_OURS = /^(qstash|app:cache|app:storage)$/;

/** One question to the samples, and its answer. */
export interface Judgement {
  text: string;
  ok: boolean;
}

/**
 * Judges the second half of the samples: whether memory is flat, and whether a kind of the gateway's keys grows. A kind whose
 * keys live longer than that half grows until the first of them end; then only its pace is told.
 */
export function judge(samples: readonly Sample[]): Judgement[] {
  return [
    judgeMemory("live objects of the gateway", samples, FLAT_HEAP_MB, ({ heapMb }) => heapMb),
    judgeMemory("memory of the gateway", samples, FLAT_RSS_MB, ({ rssMb }) => rssMb.gateway),
    judgeMemory("memory of the stack", samples, FLAT_RSS_MB, ({ rssMb }) => rssMb.stack),
    ...judgeKeys(samples),
  ];
}

function judgeMemory(
  what: string,
  samples: readonly Sample[],
  flatMb: number,
  valueOf: (sample: Sample) => number,
): Judgement {
  const points = secondHalf(
    samples.map((sample) => ({ atSeconds: sample.atSeconds, value: valueOf(sample) })),
  );
  const text = `${what}: ${meanOf(points).toFixed(1)} MB, ${signed(riseOf(points))} MB over the second half`;
  return { text, ok: isFlat(points, flatMb) };
}

function judgeKeys(samples: readonly Sample[]): Judgement[] {
  const names = new Set(samples.flatMap(({ kinds }) => [...kinds.keys()]));
  const ours = [...names].filter((name) => !NOT_OURS.test(name)).toSorted();
  return ours.map((name) => {
    const all = samples.map(({ atSeconds, kinds }) => ({ atSeconds, value: kinds.get(name)?.bytes ?? 0 }));
    const points = secondHalf(all);
    const lives = samples.map(({ kinds }) => kinds.get(name)?.lifeSeconds ?? 0);
    const spanSeconds = (points.at(-1)?.atSeconds ?? 0) - (points[0]?.atSeconds ?? 0);
    const lifeSeconds = Math.max(...lives);
    const rise = riseOf(points);
    const what = `keys ${name}: ${kilobytes(meanOf(points))} KB, ${signed(rise / 1000)} KB over the second half`;
    if (isFlat(points, FLAT_KEY_BYTES)) return { text: what, ok: true };
    if (lifeSeconds <= spanSeconds) return { text: what, ok: false };
    const levelMb = ((rise / spanSeconds) * lifeSeconds) / 1e6;
    return {
      text: `${what}; each lives ${lifeSeconds} s, so they level off at ${levelMb.toFixed(1)} MB`,
      ok: true,
    };
  });
}

function isFlat(points: readonly Point[], always: number): boolean {
  return riseOf(points) <= Math.max(always, meanOf(points) * FLAT_SHARE);
}

function signed(number: number): string {
  return `${number < 0 ? "" : "+"}${number.toFixed(1)}`;
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}
