import { countNames, difference, sum } from "./counts.js";

/** Captured by this app: counted, they would hide the silence. */
const OWN_EVENTS = ["heartbeat", "heartbeat silence", "heartbeat summary"];

/** PostHog need not make a person of who sends them. */
const NOBODY = { $process_person_profile: false };

const SECONDS_PER_HOUR = 60 * 60;

/** Long enough to compare a day with the one before; then a gateway that was switched off leaves nothing behind. */
const KEEP_SECONDS = 7 * 24 * SECONDS_PER_HOUR;

const NAMES_PER_COMMAND = 1000;
const MAX_COMMANDS = 100;

/** Reads the list once, so that no event has to. */
export function setupPlugin({ config, global }) {
  const names = String(config.ignoredEvents ?? "").split(",");
  global.ignored = [...OWN_EVENTS, ...names.map((name) => name.trim())];
}

/**
 * Notes the event's name in a list: one Redis command. `cache` and not `global`, because events arrive in many places at
 * once and each has a `global` of its own.
 */
export async function onEvent(event, { cache, global }) {
  if (global.ignored.includes(event.event)) return;
  try {
    const length = await cache.lpush("arrived", event.event);
    // If nobody empties it, it must not grow for ever.
    if (length === 1) await cache.expire("arrived", SECONDS_PER_HOUR);
  } catch (error) {
    // A wrong count is not worth a dead letter.
    console.warn(`${event.event} is not counted: ${error.message}`);
  }
}

/** Captures the counts since the last minute. The only writer of `totals`, which the other tasks read. */
export async function runEveryMinute({ cache }) {
  const [arrived, totals] = await Promise.all([takeArrived(cache), cache.get("totals", null)]);
  const counts = countNames(arrived);
  const lastEventAt = arrived.length > 0 ? new Date().toISOString() : (totals?.lastEventAt ?? null);
  await cache.set("totals", { counts: countNames(arrived, totals?.counts), lastEventAt }, KEEP_SECONDS);

  posthog.capture("heartbeat", { ...NOBODY, total: arrived.length, events: counts });
  console.log(`${arrived.length} events in the last minute`);
}

/** Raises the alarm after an hour without an event: what sends them is down, or blocked. */
export async function runEveryHour({ cache }) {
  const [totals, before, waiting] = await Promise.all([
    cache.get("totals", null),
    cache.get("totals an hour ago", null),
    cache.llen("arrived"),
  ]);
  if (!totals?.lastEventAt) {
    console.log("No event has come yet");
    return;
  }
  await cache.set("totals an hour ago", totals, KEEP_SECONDS);
  const total = sum(difference(totals.counts, before?.counts));
  // Events of the last minute may not be counted yet.
  if (total > 0 || waiting > 0) {
    console.log(`${total} events in the last hour`);
    return;
  }
  const hours = Math.round((Date.now() - Date.parse(totals.lastEventAt)) / (SECONDS_PER_HOUR * 1000));
  console.warn(`No event for ${hours} h, since ${totals.lastEventAt}: see whether your sites still send any`);
  posthog.capture("heartbeat silence", { ...NOBODY, hours, last_event_at: totals.lastEventAt });
}

/** Compares the day with the one before by name: an event that a release has broken shows in `stopped`. */
export async function runEveryDay({ cache }) {
  const [totals, yesterday] = await Promise.all([cache.get("totals", null), cache.get("yesterday", null)]);
  const counts = difference(totals?.counts, yesterday?.totals);
  await cache.set("yesterday", { totals: totals?.counts ?? {}, counts }, KEEP_SECONDS);

  const stopped = yesterday
    ? Object.keys(yesterday.counts).filter((name) => !Object.hasOwn(counts, name))
    : [];
  const started = yesterday
    ? Object.keys(counts).filter((name) => !Object.hasOwn(yesterday.totals, name))
    : [];
  posthog.capture("heartbeat summary", {
    ...NOBODY,
    total: sum(counts),
    total_yesterday: yesterday ? sum(yesterday.counts) : null,
    events: counts,
    stopped,
    started,
  });
  if (stopped.length > 0) console.warn(`Came the day before, and no longer: ${stopped.join(", ")}`);
}

/**
 * Empties the list, up to 100,000 names; the rest is for the next minute. `lpop` reads and removes in one step, so that
 * nothing is lost in between.
 */
async function takeArrived(cache) {
  const waiting = await cache.llen("arrived");
  const commands = Math.min(Math.ceil(waiting / NAMES_PER_COMMAND), MAX_COMMANDS);
  const names = await Promise.all(
    Array.from({ length: commands }, () => cache.lpop("arrived", NAMES_PER_COMMAND)),
  );
  return names.flat();
}
