import type { Instance } from "../../apps/instance.ts";
import type { BufferLimits } from "./buffer.ts";

const DEFAULT_BYTES = 1024 * 1024;
const MAX_BYTES = 100 * 1024 * 1024;
const DEFAULT_SECONDS = 10;
const MAX_SECONDS = 600;

/** The limits of an exporting app's buffer, from its configuration (runtime 3.11). */
export interface ExportLimits extends BufferLimits {
  ignored: ReadonlySet<string>;
}

/**
 * Values are usually text. What is not a number means the default; what is out of range, the nearest end of the
 * range.
 */
export function exportLimits({ config }: Instance): ExportLimits {
  const ignored = String(config["exportEventsToIgnore"] ?? "");
  return {
    maxSize: clamp(config["exportEventsBufferBytes"], DEFAULT_BYTES, MAX_BYTES),
    maxSeconds: clamp(config["exportEventsBufferSeconds"], DEFAULT_SECONDS, MAX_SECONDS),
    ignored: new Set(
      ignored
        .split(",")
        .map((name) => name.trim())
        .filter(Boolean),
    ),
  };
}

function clamp(value: unknown, fallback: number, max: number): number {
  const parsed = Number.parseInt(String(value), 10);
  return Number.isNaN(parsed) ? fallback : Math.min(max, Math.max(1, parsed));
}
