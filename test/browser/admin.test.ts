import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../src/local/free-port.ts";
import { type Stack, startStack } from "../../src/local/stack.ts";
import { requireProgram } from "../requirements.ts";
import { buildBundle, type RunningGateway, startGateway } from "../runtimes/start.ts";

const TOKEN = "phc_admin_browser";
const PAGES = ["", "/apps", "/events", "/audit", "/projects"];
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 375, height: 812 };

declare const axe: { run(): Promise<AxeResults> };

const program = requireProgram("chromium");

describe.skipIf(program === null)("the admin in Chromium, on workerd", () => {
  let stack: Stack;
  let edge: RunningGateway;
  let browser: Browser;
  let complaints: string[];
  let axeSource: string;
  let removeBundle = async () => {};

  beforeAll(async () => {
    stack = await startStack();
    const { bundle, remove } = await buildBundle("workerd", new URL("apps", import.meta.url).pathname);
    removeBundle = remove;
    const port = await freePort();
    edge = await startGateway("workerd", bundle, port, {
      ...stack.env,
      PROJECT_TOKENS: `${TOKEN},phc_another`,
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      ADMIN_TOKEN: "anna:secret-of-anna,ops:secret-of-ops:read",
    });
    const sent = await fetch(`${edge.url}/batch/`, {
      method: "POST",
      body: JSON.stringify({ api_key: TOKEN, batch: [{ event: "hello", distinct_id: "u" }] }),
    });
    expect(sent.status).toBe(200);
    browser = await chromium.launch({
      executablePath: program ?? "",
      args: ["--no-sandbox", "--no-first-run", "--disable-gpu", "--disable-background-networking"],
    });
    axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  });
  afterAll(async () => {
    await browser?.close();
    await edge?.stop();
    await stack?.stop();
    await removeBundle();
  });
  afterEach(() => Promise.all(browser?.contexts().map((context) => context.close()) ?? []));

  async function open(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: DESKTOP, ...options });
    const page = await context.newPage();
    complaints = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    return page;
  }

  async function logIn(page: Page): Promise<void> {
    await page.goto(`${edge.url}/admin`);
    await page.getByLabel("Token").fill("secret-of-anna");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
  }

  /** Serious faults that axe finds on a page, by rule and place. */
  async function faultsOn(page: Page): Promise<string[]> {
    // By the debugging protocol, which the policy of the page does not bind.
    await page.evaluate(axeSource);
    const { violations, passes } = await page.evaluate(() => axe.run());
    expect(passes.length).toBeGreaterThan(5);
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  }

  const isWiderThanScreen = (page: Page) =>
    page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

  test.each([
    ["light, on a desk", { colorScheme: "light" }],
    ["dark, on a desk", { colorScheme: "dark" }],
    ["light, on a phone", { colorScheme: "light", viewport: PHONE }],
    ["dark, on a phone", { colorScheme: "dark", viewport: PHONE }],
  ] as [string, BrowserContextOptions][])(
    "has no serious fault of accessibility and fits: %s",
    async (_, options) => {
      const page = await open(options);
      await page.goto(`${edge.url}/admin`);
      expect(await faultsOn(page)).toEqual([]);
      await logIn(page);
      for (const path of PAGES) {
        await page.goto(`${edge.url}/admin${path}`);
        expect(await faultsOn(page)).toEqual([]);
        expect(await isWiderThanScreen(page)).toBe(false);
      }
      expect(complaints).toEqual([]);
    },
  );

  test("works with JavaScript off: log in, look around, change colours, log out", async () => {
    const page = await open({ javaScriptEnabled: false });
    await logIn(page);
    await page.getByRole("link", { name: "Projects & settings" }).click();
    await page.getByRole("heading", { name: "Settings in force" }).first().waitFor();
    await page.getByRole("button", { name: "dark" }).click();
    await page.getByRole("heading", { name: "Projects & settings" }).waitFor();
    expect(await page.getAttribute("html", "data-theme")).toBe("dark");
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("heading", { name: "Log in" }).waitFor();
  });

  test("is to be used by keyboard alone", async () => {
    const page = await open();
    await page.goto(`${edge.url}/admin`);
    await page.keyboard.type("secret-of-anna");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the content");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("content");
    await page.keyboard.press("g");
    await page.keyboard.press("p");
    await page.getByRole("heading", { name: "Where events go" }).waitFor();
    for (let n = 0; n < 3; n++) await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Overview");
    const outline = await page.evaluate(
      () => document.activeElement && getComputedStyle(document.activeElement).outlineStyle,
    );
    expect(outline).toBe("solid");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
  });

  test("follows the browser's colours, or those that were chosen", async () => {
    const page = await open({ colorScheme: "dark" });
    await logIn(page);
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const dark = await ground();
    await page.getByRole("button", { name: "light" }).click();
    await page.waitForSelector('html[data-theme="light"]');
    expect(await ground()).toBe("rgb(255, 255, 255)");
    await page.getByRole("button", { name: "auto" }).click();
    await page.waitForSelector('html[data-theme="auto"]');
    expect(await ground()).toBe(dark);
  });

  test("shows times in the viewer's zone, and copies lines for an SDK", async () => {
    const page = await open({
      timezoneId: "Asia/Kolkata",
      permissions: ["clipboard-read", "clipboard-write"],
    });
    await logIn(page);
    const [utc, local] = await page.evaluate(() => {
      const text = document.querySelector(".chart text[data-clock]");
      return [text?.getAttribute("data-clock")?.slice(14, 16), text?.textContent?.slice(3)];
    });
    expect(Number(local)).toBe((Number(utc) + 30) % 60);
    await page.goto(`${edge.url}/admin/projects`);
    await page.getByRole("button", { name: "Copy posthog-js" }).click();
    await page.getByText("Copied").waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain(`posthog.init("${TOKEN}"`);
  });

  test("renews what is live by itself, and asks for the login when the session has ended", async () => {
    const page = await open();
    await page.clock.install();
    await logIn(page);
    await page.evaluate(() => document.querySelector("#traffic .stats")?.remove());
    expect(await page.locator("#traffic .stats").count()).toBe(0);
    await page.clock.runFor(60_000);
    await page.locator("#traffic .stats").waitFor();
    await page.context().clearCookies();
    await page.clock.runFor(60_000);
    await page.getByRole("heading", { name: "Log in" }).waitFor();
  });
});
