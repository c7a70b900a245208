/** An event as posthog-js sends it. */
export interface SdkEvent {
  uuid: string;
  event: string;
  properties: Record<string, unknown>;
  timestamp: string;
}

/** When the events happen: fixed, so that a seed decides every byte. The gateway takes any time in the past. */
const FIRST_EVENT_MS = Date.UTC(2026, 9, 1, 8);

const PAGES = ["/", "/pricing", "/docs/getting-started", "/blog/what-an-event-costs", "/account/settings"];
const REFERRERS = ["$direct", "https://www.google.com/", "https://news.ycombinator.com/item?id=4711"];
const QUERIES = ["", "?utm_source=newsletter&utm_medium=email", "?gclid=EAIaIQobChMI4vqX", "?ref=nav#plans"];
const BROWSERS = [
  {
    name: "Chrome",
    version: 141,
    os: "Mac OS X",
    osVersion: "10.15.7",
    agent:
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
  },
  {
    name: "Firefox",
    version: 143,
    os: "Windows",
    osVersion: "10.0",
    agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0",
  },
];
const SCREENS = [
  [1920, 1080],
  [1440, 900],
  [2560, 1440],
] as const;

/**
 * Makes events as a browser sends them: pageviews and clicks of different people, about 35 properties and 1.3 KB of JSON
 * each. The same random numbers give the same events. All of it is ASCII: one other character would make V8 keep the whole
 * request with two bytes each, at a cost that is the same for all Workers and would flatter the gateway.
 */
export function createEvents(random: () => number, token: string): () => SdkEvent {
  let count = 0;
  return () => {
    count += 1;
    const timeMs = FIRST_EVENT_MS + count * 37;
    const isClick = random() < 0.4;
    return {
      uuid: uuidOf(random),
      event: isClick ? "$autocapture" : "$pageview",
      properties: {
        ...browserProperties(random),
        ...visitProperties(random),
        ...(isClick ? CLICK : { $pageview_id: uuidOf(random) }),
        $time: timeMs / 1000,
        token,
      },
      timestamp: new Date(timeMs).toISOString(),
    };
  };
}

const CLICK = {
  $event_type: "click",
  $elements_chain:
    'button.primary:nth-child="2"nth-of-type="1"text="Add to basket";div.card:nth-child="4"nth-of-type="4"',
};

function browserProperties(random: () => number): Record<string, unknown> {
  const browser = pick(BROWSERS, random);
  const [width, height] = pick(SCREENS, random);
  return {
    $os: browser.os,
    $os_version: browser.osVersion,
    $browser: browser.name,
    $browser_version: browser.version,
    $browser_language: "en-GB",
    $browser_language_prefix: "en",
    $device_type: "Desktop",
    $timezone: "Europe/Berlin",
    $timezone_offset: -120,
    $raw_user_agent: browser.agent,
    $screen_height: height,
    $screen_width: width,
    $viewport_height: height - 141,
    $viewport_width: width - 20,
    $lib: "web",
    $lib_version: "1.430.0",
    $config_defaults: "2025-05-24",
  };
}

function visitProperties(random: () => number): Record<string, unknown> {
  const page = pick(PAGES, random);
  const device = uuidOf(random);
  return {
    $current_url: `https://shop.example.com${page}${pick(QUERIES, random)}`,
    $host: "shop.example.com",
    $pathname: page,
    $referrer: pick(REFERRERS, random),
    title: "Shop, an example",
    $insert_id: insertId(random),
    distinct_id: random() < 0.3 ? `customer-${Math.floor(random() * 1e6)}` : device,
    $device_id: device,
    $session_id: uuidOf(random),
    $window_id: uuidOf(random),
    $is_identified: false,
    $process_person_profile: true,
    $active_feature_flags: ["new-checkout"],
    "$feature/new-checkout": pick(["control", "test"], random),
  };
}

function pick<Item>(items: readonly Item[], random: () => number): Item {
  return items[Math.floor(random() * items.length)] as Item;
}

/** A version 7 UUID but for its time, which would be the same in all. */
function uuidOf(random: () => number): string {
  const hex = (digits: number) =>
    Math.floor(random() * 16 ** digits)
      .toString(16)
      .padStart(digits, "0");
  return `0199${hex(4)}-${hex(4)}-7${hex(3)}-8${hex(3)}-${hex(6)}${hex(6)}`;
}

function insertId(random: () => number): string {
  return random().toString(36).slice(2, 10) + random().toString(36).slice(2, 10);
}
