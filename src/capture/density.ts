import { CaptureError } from "./errors.ts";
import type { CaptureLimits } from "./limits.ts";

const OPENING_BRACE = "{".charCodeAt(0);
const OPENING_BRACKET = "[".charCodeAt(0);
const COMMA = ",".charCodeAt(0);
/** `{}` and `[]`: no object or list is shorter. */
const SHORTEST = 2;

/**
 * Refuses JSON that would take far more memory parsed than as text: 32 MB of `{},{},…`, which gzip brings down to 32 KB,
 * become more than 1 GB of objects, where a Worker has 128 MB for everything. What stands inside of strings counts too; events
 * as SDKs write them have one object in a hundred characters and one comma in twenty-five. Free for texts too short to
 * exceed a limit, some 3 ms per MB above.
 * @throws CaptureError 413, so that an SDK that means it sends its batch in halves
 */
export function requireSparse(
  json: string,
  { maxContainers, maxCommas }: Pick<CaptureLimits, "maxContainers" | "maxCommas">,
): void {
  if (json.length <= Math.min(maxContainers * SHORTEST, maxCommas)) return;
  let containers = 0;
  let commas = 0;
  for (let index = 0; index < json.length; index += 1) {
    const unit = json.charCodeAt(index);
    if (unit === COMMA) commas += 1;
    else if (unit === OPENING_BRACE || unit === OPENING_BRACKET) containers += 1;
    else continue;
    if (containers > maxContainers || commas > maxCommas) throw tooDense();
  }
}

function tooDense(): CaptureError {
  return new CaptureError(
    413,
    "request_too_large",
    "maximum event size exceeded: the request holds too many objects and values, send smaller batches",
  );
}
