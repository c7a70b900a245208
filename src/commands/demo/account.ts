import type { Destinations, ReceivedEvent, WebhookCall } from "./destinations.ts";

/** One thing that the demo promises, and whether it came out. */
export interface Finding {
  ok: boolean;
  text: string;
}

/** What has to have happened for the demo to be a success. */
export function judge({ posthog, webhook }: Destinations, log: readonly string[]): Finding[] {
  const named = (event: string) => posthog.filter((received) => received.event === event);
  const [annasVisit, bensVisit] = named("$pageview");
  const [order] = named("order placed");
  const [heartbeat] = named("heartbeat");
  const [refused, taken] = batchesOf("order placed", webhook);
  const waitedSeconds = refused && taken ? Math.round((taken.atMs - refused.atMs) / 1000) : 0;
  return [
    {
      ok: named("healthcheck").length === 0 && posthog.length >= 5,
      text: 'Property filter dropped "healthcheck": PostHog got the other five events',
    },
    {
      ok: posthog.length > 0 && !JSON.stringify([posthog, webhook]).match(/anna@example\.com|4242/),
      text: "Property filter removed the e-mail address and the card number; they reached nobody",
    },
    {
      ok:
        annasVisit?.properties["$current_url"] ===
        "https://shop.example.com/Shoes?colour=red&size=41&utm_source=mail",
      text: `URL normaliser wrote one address for one page: ${String(annasVisit?.properties["$current_url"])}`,
    },
    {
      ok:
        annasVisit?.properties["is_first_event"] === true &&
        bensVisit?.properties["is_first_event"] === true &&
        order?.properties["is_first_event"] === false &&
        order.properties["is_first_of_name"] === true,
      text: "First-time event marked the first event of each person, from what it keeps in Redis",
    },
    {
      ok: refused?.status === 503 && taken?.status === 200 && sameEvents(refused, taken),
      text: `Webhook exporter: the warehouse was down, a RetryError brought the same batch again after ${waitedSeconds} s`,
    },
    {
      ok: log.some((line) => line.includes("RetryError") && line.includes("attempt 1/4")),
      text: "… and the app's log says so",
    },
    {
      ok: heartbeat !== undefined && heartbeat.properties["events"] !== undefined,
      text: `Heartbeat, run by the admin API, reported through posthog.capture: ${JSON.stringify(heartbeat?.properties["events"])} events`,
    },
    {
      ok: posthog.every(({ properties }) => Array.isArray(properties["$plugins_succeeded"])),
      text: "Every event says which apps were over it",
    },
  ];
}

/** Calls of the webhook that carried an event of this name, in their order. */
function batchesOf(event: string, calls: readonly WebhookCall[]): WebhookCall[] {
  return calls.filter(({ events }) => events.some((exported) => exported.event === event));
}

function sameEvents(one: WebhookCall, other: WebhookCall): boolean {
  const uuids = ({ events }: WebhookCall) => events.map(({ uuid }) => uuid).join();
  return uuids(one) === uuids(other);
}

/** One line for an event: its name, its person and the properties worth looking at. */
export function describeEvent({
  event,
  distinct_id: person,
  properties,
}: Omit<ReceivedEvent, "uuid" | "timestamp">): string {
  const shown = Object.entries(properties).filter(
    ([name]) => !/^\$(lib|plugins|geoip|ip$|is_server|insert)/.test(name),
  );
  return `${event.padEnd(15)} ${person.padEnd(11)} ${shown.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(" ")}`;
}
