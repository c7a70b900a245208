import { PostHog } from "posthog-node";

/** What the session's people do: name, person and properties, as a shop's site would send them. */
const story: readonly { event: string; distinctId: string; properties: Record<string, unknown> }[] = [
  {
    event: "$pageview",
    distinctId: "anna",
    properties: {
      $current_url: "HTTPS://Shop.Example.com:443/Shoes/?utm_source=mail&size=41&fbclid=IwAR0x&colour=red",
      email: "anna@example.com",
    },
  },
  {
    event: "product viewed",
    distinctId: "anna",
    properties: { $current_url: "https://shop.example.com/Shoes/7?colour=red", price: 89 },
  },
  {
    event: "order placed",
    distinctId: "anna",
    properties: { total: 89, card: "4242 4242 4242 4242", email: "anna@example.com" },
  },
  { event: "healthcheck", distinctId: "monitor", properties: { source: "load balancer" } },
  {
    event: "$pageview",
    distinctId: "ben",
    properties: {
      $current_url: "https://shop.example.com/about/#team",
      $referrer: "https://News.example.org",
    },
  },
  { event: "product viewed", distinctId: "anna", properties: { price: 120 } },
];

/** Sends the session with PostHog's own Node SDK; resolves to what was sent once the gateway has acknowledged all of it. */
export async function sendSession(host: string, token: string): Promise<typeof story> {
  const failures: unknown[] = [];
  const client = new PostHog(token, { host, flushAt: 20, flushInterval: 60_000 });
  client.on("error", (error) => failures.push(error));
  for (const entry of story) client.capture(entry);
  await client.shutdown();
  if (failures.length > 0) throw new Error(`the gateway did not take the session: ${failures.join(", ")}`);
  return story;
}
