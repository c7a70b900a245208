import { AppPending } from "./apps/errors.ts";
import { GENERATION_HEADER } from "./apps/generation.ts";
import { Unavailable } from "./capture/errors.ts";
import { eventsOf } from "./delivery/publish.ts";
import { QueueUnavailable } from "./delivery/queue.ts";
import type { CapturedBatch } from "./event.ts";
import type { RequestPlatform } from "./gateway.ts";
import type { Services } from "./services.ts";
import { within } from "./within.ts";

/** Seconds after which an SDK may send again what could not be made durable. */
const RETRY_AFTER_SECONDS = 5;

/**
 * SDKs wait for 10 s and send again then. The chain's budget, QStash's time and the spool's are less than this together; past
 * it Redis has been slow at everything else that apps had to do with it.
 */
const ACKNOWLEDGE_TIMEOUT_MS = 9500;

/**
 * Resolves when a client's events are durable. Rejects with `Unavailable` when it must keep them, with `CaptureError` when it
 * sends too many.
 */
export async function acknowledge(
  batch: CapturedBatch,
  { headers, url }: Request,
  { client, waitUntil }: RequestPlatform,
  { openScope, generations, instances, projects, ingest, accountExactly, writeFault }: Services,
): Promise<void> {
  const generation = generations.read(headers.get(GENERATION_HEADER));
  const scope = openScope(waitUntil, generation, { id: batch.requestId, address: url });
  const location = instances.definitions(batch.project).length > 0 ? client.location?.() : null;
  if (location) scope.locations.set(location.ip, location);
  const noted = projects.note(batch.project);
  if (noted) scope.background(noted);
  const refuse = (reason: string) => {
    writeFault(`${batch.events.length} events of ${batch.project} were refused with 503: ${reason}`);
    return reason;
  };
  const tooLate = () => {
    const reason = `apps and Redis took more than ${ACKNOWLEDGE_TIMEOUT_MS / 1000} s`;
    return new Unavailable(refuse(reason), RETRY_AFTER_SECONDS);
  };
  const work = async () => {
    await accountExactly?.(batch.project, batch.events.length);
    await ingest.client(batch, scope);
  };
  try {
    await within(ACKNOWLEDGE_TIMEOUT_MS, work(), tooLate);
  } catch (error) {
    if (error instanceof AppPending) throw new Unavailable(error.message, error.retryAfterSeconds);
    if (!(error instanceof QueueUnavailable)) throw error;
    const notPersisted = eventsOf(error.refused);
    const options = notPersisted === undefined ? {} : { notPersisted };
    throw new Unavailable(refuse(error.message), RETRY_AFTER_SECONDS, options);
  }
}
