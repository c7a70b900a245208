import type { MarkedSource, SourceLines } from "./definition.ts";

/** Lines of a stack that are looked at; recursion makes long ones. */
const MAX_FRAMES = 50;
/** Lines between a mark's own place and the app's code. */
const MARK_LINES = 2;

const FRAME = /^\s+at (?:(.*?) \()?([^()]+):(\d+):\d+\)?$/;

/**
 * Reads an app's own frames out of a stack, with the author's files and lines. Those of the gateway, of packages and of the
 * platform are left out, and all of them where the bundle is not as the compiler left it.
 */
export type ReadFrames = (stack: string) => string[];

/** @param marked what the app's factory told; undefined for an app that is not compiled */
export function createReadFrames(marked: () => MarkedSource | undefined): ReadFrames {
  let place: CodePlace | null | undefined;
  return (stack) => {
    const source = marked();
    place ??= source ? findCode(source) : null;
    if (!place) return [];
    const { file, firstLine, lines } = place;
    const frames: string[] = [];
    for (const text of stack.split("\n", MAX_FRAMES)) {
      const [, name, frameFile, line] = FRAME.exec(text) ?? [];
      if (frameFile !== file) continue;
      const origin = originOf(Number(line) - firstLine, lines);
      if (origin) frames.push(name ? `    at ${name} (${origin})` : `    at ${origin}`);
    }
    return frames;
  };
}

interface CodePlace {
  file: string;
  /** Of the app's code in that file, from 1. */
  firstLine: number;
  lines: SourceLines;
}

function findCode({ begin, end, lines: readLines }: MarkedSource): CodePlace | null {
  const [first, last] = [begin, end].map((mark) => firstPlace(mark() ?? ""));
  const lines = readLines();
  if (!first || !last) return null;
  const count = last.line - first.line - 2 * MARK_LINES + 1;
  return count === lines.count ? { file: first.file, firstLine: first.line + MARK_LINES, lines } : null;
}

function firstPlace(stack: string): { file: string; line: number } | null {
  for (const text of stack.split("\n", MAX_FRAMES)) {
    const [, , file, line] = FRAME.exec(text) ?? [];
    if (file) return { file, line: Number(line) };
  }
  return null;
}

/** `file:line` of the author's for a line of the code, from 0; undefined for one that is not the author's. */
function originOf(line: number, { count, files, runs }: SourceLines): string | undefined {
  if (line < 0 || line >= count) return undefined;
  for (let run = runs.length - 3; run >= 0; run -= 3) {
    const [first = 0, file = -1, origin = 0] = runs.slice(run, run + 3);
    if (first > line) continue;
    return file === -1 ? undefined : `${files[file]}:${origin + line - first}`;
  }
  return undefined;
}
