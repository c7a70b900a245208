import { pointsOf } from "../../../apps/buffer.ts";
import type { Instance } from "../../../apps/instance.ts";
import type { Scope } from "../../../apps/scope.ts";

/** Runs `onFlush` over all that the app has added to its buffers in this work. Rejects with what it throws. */
export async function flushBuffers({ buffers }: Instance, scope: Scope): Promise<void> {
  for (const { place, onFlush } of buffers) {
    const objects = scope.buffered(place, "take");
    if (objects.length === 0) continue;
    await onFlush(
      objects.map(({ json }) => JSON.parse(json) as unknown),
      pointsOf(objects),
    );
  }
}
