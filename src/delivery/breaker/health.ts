import type { Destination, RetryMessage } from "../message.ts";
import { LANE_PACES, type SlowPace } from "./lane.ts";

/**
 * A destination is probed instead of tried after so many failures in a row, of whatever messages, over at least so long: in an
 * outage shorter than a hook's whole schedule (155 s) every retry comes exactly when it is decided to.
 */
export const FAILURES_TO_OPEN = 5;
export const FAILING_MS_TO_OPEN = 180_000;

/** Characters of an error that are kept with a breaker. */
const MAX_WHY_CHARACTERS = 300;

/** What an attempt has shown of a destination. One that shows nothing (an app's plain error, say) has none. */
export type Health =
  /** It answers, even if it refuses these events. */
  | { is: "up" }
  /** It does not, or asks for a pause until `notBeforeMs`, which opens the breaker at once. */
  | { is: "down"; why: string; notBeforeMs?: number }
  /** It refuses everything until a person mends something. */
  | { is: "parked"; why: string };

/** A destination's breaker as Redis holds it, while there is something to hold: one that is well has none. */
export interface Breaker {
  /** Absent while it is closed. */
  state?: "open" | "parked";
  /** In a row. */
  failures: number;
  /** Milliseconds since the epoch: of the first of these failures, or when it was parked. */
  sinceMs: number;
  why: string;
  /** When the next probe may begin, unless it is closed. */
  probeAtMs?: number;
}

/** By `destinationName`. */
export type Breakers = Readonly<Record<string, Breaker>>;

export function destinationName(destination: Destination | RetryMessage["destination"]): string {
  return "plugin" in destination ? `${destination.hook} ${destination.plugin}` : destination.hook;
}

/** Milliseconds between probes: somewhat less than the lane brings messages, so that none comes too early in vain. */
export function probeIntervalMs(pace: SlowPace): number {
  return LANE_PACES[pace].periodSeconds * 750;
}

/**
 * Lua, for scripts that note how destinations did: `note_health(key, observed, now, ttl)` with observations by name, as
 * `encodeObserved` writes them. Two commands.
 */
export const noteHealthLua = `
local function note_health(key, observed, now, ttl)
  local all = cjson.decode(redis.call('GET', key) or '{}')
  for name, seen in pairs(observed) do
    local one = all[name] or {failures = 0, sinceMs = now}
    if seen.is == 'up' then
      one = nil
    else
      one.failures = one.failures + 1
      if seen.is == 'parked' and one.state ~= 'parked' then
        one.state, one.sinceMs, one.probeAtMs = 'parked', now, now + seen.waitMs
      elseif not one.state and seen.notBeforeMs then
        one.state, one.probeAtMs = 'open', seen.notBeforeMs
      elseif not one.state and one.failures >= ${FAILURES_TO_OPEN} and now - one.sinceMs >= ${FAILING_MS_TO_OPEN} then
        one.state, one.probeAtMs = 'open', now + seen.waitMs
      end
      if seen.is == 'parked' or one.state ~= 'parked' then one.why = seen.why end
      if one.state and seen.notBeforeMs and seen.notBeforeMs > one.probeAtMs then one.probeAtMs = seen.notBeforeMs end
    end
    all[name] = one
  end
  if next(all) then redis.call('SET', key, cjson.encode(all), 'EX', ttl) else redis.call('DEL', key) end
end`;

/** Observations by destination's name, as `note_health` reads them. */
export function encodeObserved(
  observed: Readonly<Record<string, Health>>,
  mask: (text: string) => string,
): string {
  const entries = Object.entries(observed).map(([name, health]) => {
    if (health.is === "up") return [name, health];
    const why = mask(health.why).slice(0, MAX_WHY_CHARACTERS);
    return [name, { ...health, why, waitMs: probeIntervalMs(health.is === "down" ? "open" : "parked") }];
  });
  return JSON.stringify(Object.fromEntries(entries));
}
