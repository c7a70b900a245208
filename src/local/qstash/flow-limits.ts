import { ApiError } from "./api-error.ts";
import { parseDuration, settingUnits } from "./duration.ts";
import type { FlowLimits } from "./message.ts";
import { resourceName } from "./name.ts";

const MAX_PERIOD_SECONDS = 7 * 24 * 60 * 60;
const DEFAULT_PERIOD_SECONDS = 1;

/**
 * Reads `Upstash-Flow-Control-Key` and `-Value` (`parallelism=2, rate=10, period=1m`, names in any case). Undefined
 * without a key. Throws an ApiError (400) when one lacks the other or a value is no positive number.
 */
export function parseFlowLimits(key: string | undefined, value: string | undefined): FlowLimits | undefined {
  if (key === undefined && value === undefined) return undefined;
  if (key === undefined || value === undefined) {
    throw new ApiError(400, "Upstash-Flow-Control-Key and Upstash-Flow-Control-Value must be sent together.");
  }
  const given = new Map(
    value.split(",").map((part) => {
      const [name = "", text = ""] = part.split("=", 2).map((side) => side.trim());
      return [name.toLowerCase(), text] as const;
    }),
  );
  const unknown = [...given.keys()].some((name) => !["rate", "parallelism", "period"].includes(name));
  if (unknown || !(given.has("rate") || given.has("parallelism"))) {
    throw new ApiError(
      400,
      `Upstash-Flow-Control-Value "${value}" should be either rate=X or parallelism=Y, or both as comma-separated values, with an optional period.`,
    );
  }
  return {
    key: resourceName("flow-control key", key),
    parallelism: positive("parallelism", given.get("parallelism")),
    rate: positive("rate", given.get("rate")),
    periodSeconds: flowPeriodSeconds(given.get("period")),
  };
}

/** Reads a limit; undefined when it is not given. Throws an ApiError (400) unless it is a positive whole number. */
export function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new ApiError(400, `flow control: ${name} "${text}" is not a positive whole number.`);
}

/** Reads a period: a duration, or a plain number of seconds. One second when it is not given, a week at most. */
export function flowPeriodSeconds(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PERIOD_SECONDS;
  const seconds = /^\d+$/.test(text) ? Number(text) : (parseDuration(text, settingUnits) ?? 0) / 1000;
  if (seconds >= 1 && seconds <= MAX_PERIOD_SECONDS) return seconds;
  throw new ApiError(400, `flow control: period "${text}" is not a duration from 1s to 7d.`);
}
