import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { freePort } from "../../src/local/free-port.ts";
import { type Stack, startStack } from "../../src/local/stack.ts";
import { type Recorder, startRecorder } from "../recorder.ts";
import { requireProgram } from "../requirements.ts";
import { buildBundle, type RunningGateway, startGateway } from "../runtimes/start.ts";

const TOKEN = "phc_letters";
const HOSTILE = `"'><script>document.title = "taken over"</script><img src=x onerror="document.title='taken over'">`;
const SOON = { timeout: 30_000 };

const program = requireProgram("chromium");

describe.skipIf(program === null)("dead letters in Chromium, on workerd", () => {
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
      ADMIN_TOKEN: "anna:secret-of-anna,ops:secret-of-ops:read",
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
  beforeEach(() => {
    warehouse.answerWith(() => new Response("full", { status: 507 }));
    warehouse.requests.length = 0;
  });
  afterEach(async () => {
    await Promise.all(browser?.contexts().map((context) => context.close()) ?? []);
    await fetch(`${edge.url}/admin/api/deadletters`, {
      method: "DELETE",
      headers: { Authorization: "Bearer secret-of-anna", "Content-Type": "application/json" },
      body: JSON.stringify({ filter: {} }),
    });
  });

  async function open(options: BrowserContextOptions = {}, token = "secret-of-anna"): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    await page.goto(`${edge.url}/admin/dead-letters`);
    await page.getByLabel("Token").fill(token);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("heading", { name: "Dead letters" }).waitFor();
    return page;
  }

  async function send(...events: object[]): Promise<void> {
    const body = JSON.stringify({ api_key: TOKEN, batch: events });
    expect((await fetch(`${edge.url}/batch/`, { method: "POST", body })).status).toBe(200);
  }

  const rows = (page: Page) => page.locator("tbody tr");
  /** Loads the page again until it lists so many letters. */
  const until = (page: Page, count: number) =>
    expect
      .poll(async () => {
        await page.goto(`${edge.url}/admin/dead-letters`);
        return rows(page).count();
      }, SOON)
      .toBe(count);
  const arrived = () => warehouse.requests.map(({ json }) => (json as { event?: string }).event).toSorted();
  const mend = () => {
    warehouse.requests.length = 0;
    warehouse.answerWith(() => new Response("ok"));
  };

  test("a destination breaks, is mended, and the events that are replayed arrive", async () => {
    const page = await open();
    await send({ event: "one", distinct_id: "u" }, { event: "two", distinct_id: "u" });
    await until(page, 2);
    expect(await rows(page).first().textContent()).toContain("the warehouse answered 507");
    await page.goto(`${edge.url}/admin`);
    await page.locator("#attention").getByText("shaky").first().waitFor();

    mend();
    await page.goto(`${edge.url}/admin/dead-letters`);
    await page.getByRole("button", { name: "Replay all that match" }).click();
    await page.getByRole("heading", { name: "Sent on" }).waitFor();
    await expect.poll(arrived, SOON).toEqual(["one", "two"]);
    await until(page, 0);
  });

  test("without JavaScript one finds a letter, looks into it, replays it and deletes the others", async () => {
    const page = await open({ javaScriptEnabled: false });
    await send(...["a", "b", "c"].map((event) => ({ event, distinct_id: "u" })));
    await until(page, 3);
    await page.getByLabel("Error").first().fill("no such error");
    await page.getByRole("button", { name: "Show" }).click();
    await page.getByText("No dead letters").waitFor();
    await until(page, 3);

    await page.getByRole("link", { name: "shaky · onEvent" }).first().click();
    const content = (await page.locator("#inside code").textContent()) ?? "";
    const [inside] = JSON.parse(content) as { event: string }[];
    mend();
    await page.getByRole("button", { name: "Replay" }).click();
    await page.getByRole("heading", { name: "Sent on" }).waitFor();
    await expect.poll(arrived, SOON).toEqual([inside?.event]);

    await until(page, 2);
    await page.getByRole("checkbox").first().check();
    await page.getByText("Delete…").click();
    await page.getByRole("button", { name: "Delete chosen for good" }).click();
    await page.getByText("1 deleted.").waitFor();
    expect(await rows(page).count()).toBe(1);
    await page.getByText("Delete…").click();
    await page.getByRole("button", { name: "Delete all that match for good" }).click();
    await page.getByText("1 deleted.").waitFor();
    expect(await rows(page).count()).toBe(0);
    expect(arrived()).toHaveLength(1);
  });

  test("what is in a letter executes nothing, it fits on a phone, and a token for reading has no buttons", async () => {
    const page = await open({ viewport: { width: 375, height: 812 } }, "secret-of-ops");
    await send({ event: HOSTILE, distinct_id: HOSTILE, properties: { [HOSTILE]: HOSTILE } });
    await until(page, 1);
    const isTooWide = () =>
      page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
    expect(await isTooWide()).toBe(false);
    await page.getByRole("link", { name: "shaky · onEvent" }).click();
    await page.getByText("What is in it").first().waitFor();
    expect(await page.locator("#inside code").textContent()).toContain("taken over");
    expect(await page.locator("main script, main img").count()).toBe(0);
    expect(await page.title()).toBe("shaky · onEvent · Edgehog");
    expect(await isTooWide()).toBe(false);
    expect(await page.locator("main form[method=post]").count()).toBe(0);
  });
});
