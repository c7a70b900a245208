import type { Sink } from "../sink.ts";
import { AWKWARD, AWKWARD_RECEIVED, TOKEN, type Told } from "../told.ts";
import { withPage } from "./chromium.ts";

/** What pages call of posthog-js, in all its releases; early ones know no groups. */
interface Sdk {
  init(token: string, options: Record<string, unknown>): unknown;
  capture(event: string, properties?: Record<string, unknown>): unknown;
  identify(distinctId: string, set?: Record<string, unknown>): unknown;
  people?: { set(properties: Record<string, unknown>): unknown };
  group?(type: string, key: string, set: Record<string, unknown>): unknown;
  get_distinct_id(): string;
}

interface SdkWindow {
  posthog: Sdk;
  rightNow(): number;
}

/** Queues are flushed every 3 s. */
const QUIET_MS = 4_500;
const ANNA = "anna@example.com";

/**
 * A visit with posthog-js's own bundle: a page view, an event with properties, a click that is noticed by itself, a person
 * who signs in and belongs to a company, an event afterwards, and two at the moment in which the page is left.
 * @param bundle `dist/array.js` of the release
 * @param options of `init`, beyond those of every visit
 */
export async function recordBrowser(
  sink: Sink,
  bundle: Buffer,
  version: string,
  options: Record<string, unknown>,
): Promise<Told[]> {
  sink.serve("/sdk.js", "text/javascript; charset=utf-8", bundle);
  const told: Told[] = [];
  const sender = { $lib: "web", $lib_version: version };

  await withPage(sink, ["/sdk.js"], async (page) => {
    const started = await page.evaluate(start, { token: TOKEN, host: sink.url, options });
    told.push({
      atMs: started.atMs,
      event: "$pageview",
      distinct_id: started.id,
      properties: { ...sender, $current_url: `${sink.url}/shop?size=41`, $host: new URL(sink.url).host },
    });
    await sink.quiet(QUIET_MS);

    const orderedAt = await page.evaluate(capture, { event: "order placed", properties: AWKWARD });
    told.push({
      atMs: orderedAt,
      event: "order placed",
      distinct_id: started.id,
      properties: { ...sender, ...AWKWARD_RECEIVED },
    });
    const clickedAt = Date.now();
    await page.click("#buy");
    told.push({
      atMs: clickedAt,
      event: "$autocapture",
      distinct_id: started.id,
      properties: { ...sender, $event_type: "click" },
    });
    await sink.quiet(QUIET_MS);

    const signedIn = await page.evaluate(signIn, ANNA);
    told.push(...signInTold(signedIn, started.id, sender));
    await sink.quiet(QUIET_MS);

    const groups = signedIn.grouped ? { $groups: { company: "acme" } } : {};
    const afterAt = await page.evaluate(capture, { event: "signed in", properties: { first: true } });
    told.push({
      atMs: afterAt,
      event: "signed in",
      distinct_id: ANNA,
      properties: { ...sender, ...groups, first: true },
    });
    await sink.quiet(QUIET_MS);

    const leftAt = await page.evaluate(leave, { event: "left in a hurry", properties: { basket: [1, 2] } });
    const left = { atMs: leftAt, distinct_id: ANNA };
    told.push(
      { ...left, event: "left in a hurry", properties: { ...sender, ...groups, basket: [1, 2] } },
      { ...left, event: "$pageleave", properties: { ...sender, ...groups } },
    );
    await page.waitForURL("**/gone");
    await sink.quiet(QUIET_MS);
  });
  return told;
}

/**
 * First releases know no groups, and tell what is known of a person by an event of its own, which has no properties and goes
 * past the queue.
 */
function signInTold(
  { atMs, grouped }: { atMs: number; grouped: boolean },
  anonymousId: string,
  sender: Record<string, string>,
): Told[] {
  const shared = { atMs, distinct_id: ANNA };
  const $set = { email: ANNA, plan: "größer" };
  const properties = { ...sender, $anon_distinct_id: anonymousId };
  if (!grouped) {
    return [
      { ...shared, event: "$identify", properties: {}, $set },
      { ...shared, event: "$identify", properties },
    ];
  }
  const group = { $group_type: "company", $group_key: "acme", $group_set: { name: "Acme & Söhne" } };
  return [
    { ...shared, event: "$identify", properties, $set },
    { ...shared, event: "$groupidentify", properties: { ...sender, ...group } },
  ];
}

// What follows runs in the page, from its source text: it must not refer to anything outside of itself.

function start({ token, host, options }: { token: string; host: string; options: Record<string, unknown> }) {
  const page = globalThis as unknown as SdkWindow;
  const atMs = page.rightNow();
  page.posthog.init(token, {
    api_host: host,
    autocapture: true,
    capture_pageview: true,
    capture_pageleave: true,
    disable_session_recording: true,
    disable_surveys: true,
    opt_out_useragent_filter: true,
    ...options,
  });
  // Read again: early releases put another object in its place.
  return { atMs, id: page.posthog.get_distinct_id() };
}

function capture({ event, properties }: { event: string; properties: Record<string, unknown> }): number {
  const { posthog, rightNow } = globalThis as unknown as SdkWindow;
  const atMs = rightNow();
  posthog.capture(event, properties);
  return atMs;
}

function signIn(distinctId: string) {
  const { posthog, rightNow } = globalThis as unknown as SdkWindow;
  const atMs = rightNow();
  const set = { email: distinctId, plan: "größer" };
  const grouped = typeof posthog.group === "function";
  if (grouped) {
    posthog.identify(distinctId, set);
    posthog.group?.("company", "acme", { name: "Acme & Söhne" });
  } else {
    posthog.identify(distinctId);
    posthog.people?.set(set);
  }
  return { atMs, grouped };
}

function leave({ event, properties }: { event: string; properties: Record<string, unknown> }): number {
  const { posthog, rightNow } = globalThis as unknown as SdkWindow;
  const atMs = rightNow();
  posthog.capture(event, properties);
  location.assign("/gone");
  return atMs;
}
