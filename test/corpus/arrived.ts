import { expect } from "vitest";
import type { Properties } from "../../src/event.ts";
import { type ExpectedEvent, TIMESTAMP_TOLERANCE_MS } from "./expected.ts";

/** An event as PostHog gets it, whether read off the capture app or off PostHog's stand-in. */
export interface ArrivedEvent {
  event: string;
  distinct_id: string;
  uuid: string;
  /** ISO, normalised. */
  timestamp: string;
  properties?: Properties;
  $set?: Properties;
  $set_once?: Properties;
}

/**
 * Fails unless exactly the expected events have arrived, in their order, each under its own time.
 * @param slackMs by how much more an event may be late, because nobody knows when exactly it was received
 */
export function expectArrived(
  arrived: readonly ArrivedEvent[],
  expected: readonly ExpectedEvent[],
  slackMs = 0,
): void {
  expect(arrived.map(({ event }) => event)).toEqual(expected.map(({ event }) => event));
  expect(new Set(arrived.map(({ uuid }) => uuid)).size).toBe(arrived.length);
  for (const [index, { timestamp, $set, $set_once, ...rest }] of expected.entries()) {
    const event = { properties: {}, ...arrived[index] };
    expect(event).toMatchObject(rest);
    // What is below a property has to be the same exactly.
    expect({ ...event.properties, ...rest.properties }).toEqual(event.properties);
    if ($set) expect(effective(event, "$set")).toMatchObject($set);
    if ($set_once) expect(effective(event, "$set_once")).toMatchObject($set_once);
    const offByMs = Date.parse(event.timestamp ?? "") - Date.parse(timestamp);
    const message = `${rest.event} is ${offByMs} ms off`;
    expect(offByMs, message).toBeGreaterThan(-TIMESTAMP_TOLERANCE_MS);
    expect(offByMs, message).toBeLessThan(TIMESTAMP_TOLERANCE_MS + slackMs);
  }
}

/** Servers' SDKs keep what is set on a person among the properties; PostHog lets the event's own go first. */
function effective(event: Partial<ArrivedEvent>, name: "$set" | "$set_once"): Properties {
  return { ...(event.properties?.[name] as Properties | undefined), ...event[name] };
}
