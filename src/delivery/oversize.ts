import { keys } from "../keys.ts";
import type { Store } from "../store.ts";
import type { OutgoingMessage, QStashQueue } from "./queue.ts";

/** How often it is asked whether such a message still waits. */
const LOOK_EVERY_MS = 24 * 60 * 60 * 1000;

/** Looked at in one hour; all have had their turn long before their time is over, up to 150,000 of them. */
const MAX_LOOKS = 500;

/**
 * Keeps the text of a message that is too large for the queue, and resolves to where it is. One command; 3 for a message that
 * waits in a lane: for how long that is, nobody knows, so it is listed among those whose time may have to be prolonged. Rejects
 * when Redis does.
 */
export async function keepOversize(
  store: Store,
  { route, id, body, flow }: OutgoingMessage,
): Promise<string> {
  const reference = keys.oversize(route, id);
  const ttl = { ex: keys.oversizeTtlSeconds };
  if (flow) {
    await store
      .multi()
      .set(reference, body, ttl)
      .zadd(keys.oversizeInLanes, { score: 0, member: `${flow.key} ${reference}` })
      .expire(keys.oversizeInLanes, keys.oversizeTtlSeconds)
      .exec();
  } else await store.set(reference, body, ttl);
  return reference;
}

/**
 * Keeps the texts of messages for longer whose lanes QStash has not brought yet, however long their destination is down or
 * parked. Those of other messages expire: QStash gives one up after 31 hours, and none is delayed for more than 6 days. One
 * command; where there are any 2 more for each, and a request to QStash for each lane. Rejects when Redis does.
 */
export async function renewOversize(
  store: Store,
  qstash: Pick<QStashQueue, "waiting">,
  nowMs: number,
): Promise<void> {
  const due = await store.zrange<string[]>(keys.oversizeInLanes, 0, nowMs, {
    byScore: true,
    offset: 0,
    count: MAX_LOOKS,
  });
  if (due.length === 0) return;
  const entries = due.map((member) => {
    const [lane = "", reference = ""] = member.split(" ", 2);
    return { member, lane, reference };
  });
  const inUse = new Map<string, boolean>();
  for (const { lane } of entries) {
    if (inUse.has(lane)) continue;
    // Of a QStash that does not say, it is taken that they wait.
    inUse.set(
      lane,
      await qstash.waiting(lane).then(
        (count) => count > 0,
        () => true,
      ),
    );
  }
  const asking = store.pipeline();
  for (const { lane, reference } of entries) {
    if (inUse.get(lane)) asking.expire(reference, keys.oversizeTtlSeconds);
    else asking.exists(reference);
  }
  const areThere = await asking.exec<number[]>();
  const noting = store.multi();
  for (const [index, { member }] of entries.entries()) {
    if (Number(areThere[index]) === 1)
      noting.zadd(keys.oversizeInLanes, { score: nowMs + LOOK_EVERY_MS, member });
    else noting.zrem(keys.oversizeInLanes, member);
  }
  await noting.expire(keys.oversizeInLanes, keys.oversizeTtlSeconds).exec();
}
