import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Stack, startStack } from "../../src/local/stack.ts";
import { requireProgram } from "../requirements.ts";
import { freePort } from "../../src/local/free-port.ts";
import { buildBundle, type RunningGateway, startGateway } from "../runtimes/start.ts";
import { type ArrivedEvent, type PostHogStandIn, startPostHog } from "./posthog.ts";
import { startShop } from "./shop.ts";
import type { Site } from "./site.ts";

const TOKEN = "phc_browser";
/** The SDK waits 3 s, 6 s, 12 s … before it sends again. */
const ARRIVAL = { timeout: 55_000 };

/** The part of the SDK that the pages use. */
interface Sdk {
  capture(event: string, properties?: Record<string, unknown>): void;
  identify(id: string, properties: Record<string, unknown>): void;
  opt_out_capturing(): void;
  opt_in_capturing(options: { captureEventName: false }): void;
  getFeatureFlag(key: string): unknown;
  get_distinct_id(): string;
  get_session_id(): string;
}
declare const posthog: Sdk;

const program = requireProgram("chromium");

describe.skipIf(program === null)("posthog-js in Chromium, through the gateway on workerd", () => {
  let stack: Stack;
  let posthogHost: PostHogStandIn;
  let shop: Site;
  let edge: RunningGateway;
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  let removeBundle = async () => {};

  beforeAll(async () => {
    stack = await startStack();
    posthogHost = await startPostHog(TOKEN);
    const { bundle, remove } = await buildBundle("workerd", new URL("apps", import.meta.url).pathname);
    removeBundle = remove;
    const port = await freePort();
    edge = await startGateway("workerd", bundle, port, {
      ...stack.env,
      PROJECT_TOKENS: TOKEN,
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      POSTHOG_HOST: posthogHost.url,
    });
    shop = await startShop(edge.url, TOKEN);
    const quiet = ["background-networking", "component-update", "sync", "quic", "gpu"];
    browser = await chromium.launch({
      executablePath: program ?? "",
      args: ["--no-sandbox", "--no-first-run", ...quiet.map((feature) => `--disable-${feature}`)],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await edge?.stop();
    await Promise.all([stack?.stop(), posthogHost?.stop(), shop?.stop()]);
    await removeBundle();
  });

  beforeEach(async () => {
    const context = await browser.newContext();
    page = await context.newPage();
    complaints = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    await visit("/");
  });
  afterEach(() => page.context().close());

  const arrived = (distinctId: string, name: string): ArrivedEvent[] =>
    posthogHost.events().filter((event) => event.distinct_id === distinctId && event.event === name);
  const visit = async (path: string) => {
    await page.goto(shop.url + path);
    await page.waitForFunction("window.posthog && window.posthog.__loaded");
  };
  const visitor = () => page.evaluate(() => posthog.get_distinct_id());
  const arrival = async (distinctId: string, name: string): Promise<ArrivedEvent> => {
    await expect.poll(() => arrived(distinctId, name).length, ARRIVAL).toBeGreaterThan(0);
    return arrived(distinctId, name)[0] as ArrivedEvent;
  };

  test("a page view arrives, through the apps, with what was captured before the SDK was there", async () => {
    const person = await visitor();
    const { properties } = await arrival(person, "$pageview");
    expect(properties).toMatchObject({ $current_url: `${shop.url}/`, seen_by: "marker", $lib: "web" });
    await arrival(person, "before the sdk");
    expect(arrived(person, "$pageview")).toHaveLength(1);
    expect(complaints).toEqual([]);
  });

  test("a click is captured by itself, and names the element", async () => {
    await arrival(await visitor(), "$pageview");
    await page.click("#buy");
    const { properties } = await arrival(await visitor(), "$autocapture");
    expect(properties).toMatchObject({ $event_type: "click", $el_text: "Buy" });
  });

  test("identify joins the anonymous visitor to a person", async () => {
    const anonymous = await visitor();
    const person = `customer-${anonymous}`;
    await page.evaluate((id) => posthog.identify(id, { plan: "gold" }), person);
    const { properties } = await arrival(person, "$identify");
    expect(properties).toMatchObject({ $anon_distinct_id: anonymous });
    await page.evaluate(() => posthog.capture("after"));
    await arrival(person, "after");
  });

  test("who opts out is left alone, until they opt in", async () => {
    const person = await visitor();
    await arrival(person, "$pageview");
    await page.evaluate(() => {
      posthog.opt_out_capturing();
      posthog.capture("unwanted");
      posthog.opt_in_capturing({ captureEventName: false });
      posthog.capture("wanted");
    });
    await arrival(person, "wanted");
    expect(arrived(person, "unwanted")).toEqual([]);
  });

  test("what is captured while the page is left arrives by beacon", async () => {
    // Long enough that nothing is sent by the usual way meanwhile.
    await visit("/?flush=5000");
    const person = await visitor();
    await arrival(person, "$pageview");
    // Noted where the next page can read it: the page that sends it is gone by then.
    await page.evaluate(() => {
      const send = navigator.sendBeacon.bind(navigator);
      navigator.sendBeacon = (url, body) => {
        sessionStorage.setItem("beacon", String(url));
        return send(url, body);
      };
    });
    await page.evaluate(() => {
      posthog.capture("last words");
      location.assign("/other");
    });
    await arrival(person, "last words");
    await arrival(person, "$pageleave");
    expect(await page.evaluate(() => sessionStorage.getItem("beacon"))).toContain(edge.url);
  });

  test("feature flags come through, by remote config that keeps the SDK on the gateway", async () => {
    const requested: string[] = [];
    page.on("request", (request) => requested.push(request.url()));
    await page.reload();
    await page.waitForFunction('window.posthog?.getFeatureFlag?.("beta") === "blue"');
    await arrival(await visitor(), "$feature_flag_called");
    const hosts = new Set(requested.map((url) => new URL(url).origin));
    expect([...hosts].toSorted()).toEqual([shop.url, edge.url].toSorted());
    expect(requested.some((url) => url.startsWith(`${edge.url}/i/v0/e/`))).toBe(true);
  });

  test("a session recording arrives as the SDK made it", async () => {
    await page.click("#buy");
    const session = await page.evaluate(() => posthog.get_session_id());
    const recorded = () => posthogHost.recordings().flat();
    const ofSession = () => recorded().filter(({ properties }) => properties["$session_id"] === session);
    await expect.poll(() => ofSession().length, ARRIVAL).toBeGreaterThan(0);
    expect(ofSession()[0]).toMatchObject({
      event: "$snapshot",
      properties: { token: TOKEN, $snapshot_data: expect.any(Array) },
    });
  });

  test("events of an outage arrive after it", async () => {
    const person = await visitor();
    await arrival(person, "$pageview");
    const [redisPort, qstashPort] = [stack.redis.url, stack.qstash.url].map((url) =>
      Number(new URL(url).port),
    );
    const credentials = {
      redisToken: stack.redis.token,
      qstashToken: stack.qstash.token,
      currentSigningKey: stack.qstash.currentSigningKey,
      nextSigningKey: stack.qstash.nextSigningKey,
    };
    await stack.stop();
    const refused = page.waitForResponse((response) => response.status() === 503);
    await page.evaluate(() => posthog.capture("during the outage"));
    expect((await refused).headers()["access-control-allow-origin"]).toBe(shop.url);
    expect(arrived(person, "during the outage")).toEqual([]);
    stack = await startStack({ redisPort: redisPort ?? 0, qstashPort: qstashPort ?? 0, credentials });
    // What comes again before the gateway has noticed that QStash is back waits in Redis for the next tick.
    await expect
      .poll(async () => {
        await edge.tick();
        return arrived(person, "during the outage");
      }, ARRIVAL)
      .toHaveLength(1);
  }, 90_000);
});
