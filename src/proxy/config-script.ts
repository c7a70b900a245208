/** A stretch of a script. */
interface Span {
  start: number;
  end: number;
}

/** PostHog's script ends in `window._POSTHOG_REMOTE_CONFIG['<token>'] = { config: {JSON}, siteApps: […] }`. */
const ASSIGNMENT = "_POSTHOG_REMOTE_CONFIG[";
/** Between the assignment and its value stand the token and a few signs. */
const MAX_DISTANCE = 400;

/**
 * Finds the JSON objects that a script gives to SDKs as remote config, in order. Where it does not look as expected there is
 * none. Reading, not running: one pass over each object.
 */
export function findConfigs(script: string): Span[] {
  const spans: Span[] = [];
  let from = 0;
  for (;;) {
    const assignment = script.indexOf(ASSIGNMENT, from);
    if (assignment === -1) return spans;
    from = assignment + ASSIGNMENT.length;
    const opening = /^[^\]]*\]\s*=\s*\{\s*["']?config["']?\s*:\s*(?=\{)/.exec(
      script.slice(from, from + MAX_DISTANCE),
    );
    if (opening === null) continue;
    const start = from + opening[0].length;
    const end = endOfObject(script, start);
    if (end === null) continue;
    spans.push({ start, end });
    from = end;
  }
}

/** The place after the brace that closes the JSON object at `start`; null when there is none. */
function endOfObject(text: string, start: number): number | null {
  const signs = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}]/gs;
  signs.lastIndex = start;
  let depth = 0;
  for (let sign = signs.exec(text); sign !== null; sign = signs.exec(text)) {
    if (sign[0] === "{") depth++;
    else if (sign[0] === "}" && --depth === 0) return signs.lastIndex;
  }
  return null;
}
