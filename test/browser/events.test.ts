import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../src/local/free-port.ts";
import { type Stack, startStack } from "../../src/local/stack.ts";
import { type Recorder, startRecorder } from "../recorder.ts";
import { requireProgram } from "../requirements.ts";
import { buildBundle, type RunningGateway, startGateway } from "../runtimes/start.ts";

const TOKEN = "phc_stories";
const HOSTILE = `"'><script>document.title = "taken over"</script><img src=x onerror="document.title='taken over'">`;
const PHONE = { width: 375, height: 812 };
const SOON_MS = 30_000;

const program = requireProgram("chromium");

describe.skipIf(program === null)("live events in Chromium, on workerd", () => {
  let stack: Stack;
  let edge: RunningGateway;
  let warehouse: Recorder;
  let browser: Browser;
  let removeBundle = async () => {};

  beforeAll(async () => {
    stack = await startStack();
    warehouse = await startRecorder();
    const { bundle, remove } = await buildBundle("workerd", new URL("stories", import.meta.url).pathname);
    removeBundle = remove;
    const port = await freePort();
    edge = await startGateway("workerd", bundle, port, {
      ...stack.env,
      PROJECT_TOKENS: TOKEN,
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      ADMIN_TOKEN: "anna:secret-of-anna",
      WAREHOUSE_URL: warehouse.url,
    });
    browser = await chromium.launch({
      executablePath: program ?? "",
      args: ["--no-sandbox", "--no-first-run", "--disable-gpu", "--disable-background-networking"],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await edge?.stop();
    await warehouse?.stop();
    await stack?.stop();
    await removeBundle();
  });
  afterEach(() => Promise.all(browser?.contexts().map((context) => context.close()) ?? []));

  async function openEvents(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    await page.goto(`${edge.url}/admin/events`);
    await page.getByLabel("Token").fill("secret-of-anna");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("heading", { name: "Live events" }).waitFor();
    return page;
  }

  async function send(...events: object[]): Promise<void> {
    const body = JSON.stringify({ api_key: TOKEN, batch: events });
    expect((await fetch(`${edge.url}/batch/`, { method: "POST", body })).status).toBe(200);
  }

  const isWiderThanScreen = (page: Page) =>
    page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

  test("an event turns up while one follows, and its story says what each app and destination did", async () => {
    const page = await openEvents();
    await page.getByRole("link", { name: "Follow" }).click();
    await page.getByRole("link", { name: "Stop following" }).waitFor();
    warehouse.answerWith(() => new Response("full", { status: 507 }));
    await send(
      { event: "bought", distinct_id: "ada", properties: { zone: 7 } },
      { event: "spam", distinct_id: "eve" },
    );
    await page.getByText("dropped by Spam filter (2)").waitFor({ timeout: SOON_MS });
    await page.getByText("dead letter: shaky · onEvent").waitFor({ timeout: SOON_MS });
    await page.getByRole("link", { name: "bought" }).click();
    const changes = page.getByLabel("What Tagger (1) changed").locator("ins");
    expect(await changes.allTextContents()).toEqual(['+     "tagged": true,\n']);
    const deliveries = page.getByRole("region", { name: "Deliveries of the event" });
    expect(await deliveries.textContent()).toContain("the warehouse answered 507");
  });

  test("without JavaScript one filters, opens an event and sees who dropped it", async () => {
    const page = await openEvents({ javaScriptEnabled: false });
    await send({ event: "spam", distinct_id: "mallory" });
    await expect
      .poll(async () => {
        await page.getByRole("link", { name: "Reload" }).click();
        return page.getByText("mallory").count();
      })
      .toBe(1);
    await page.getByLabel("Person").fill("mallory");
    await page.getByRole("button", { name: "Show" }).click();
    await page.getByRole("link", { name: "spam" }).click();
    await page.getByRole("heading", { name: "spam", exact: true }).waitFor();
    expect(await page.getByText("dropped it", { exact: true }).count()).toBe(1);
  });

  test("what is in an event executes nothing, and fits on a phone", async () => {
    const page = await openEvents({ viewport: PHONE, colorScheme: "dark" });
    await send({ event: HOSTILE, distinct_id: HOSTILE, properties: { [HOSTILE]: HOSTILE } });
    await expect
      .poll(async () => {
        await page.reload();
        return page.locator("tbody a", { hasText: "<script>" }).count();
      })
      .toBe(1);
    expect(await isWiderThanScreen(page)).toBe(false);
    await page.locator("tbody a", { hasText: "<script>" }).click();
    await page.getByRole("heading", { name: "Through the apps" }).waitFor();
    expect(await page.locator("main script, main img").count()).toBe(0);
    expect(await page.title()).toBe(`${HOSTILE} · Edgehog`);
    expect(await isWiderThanScreen(page)).toBe(false);
  });
});
