import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { requireProgram } from "../requirements.ts";
import { SOON } from "./chromium.ts";
import { OWNER, READER, startWorld, type World } from "./world.ts";

const PROJECT = "phc_store";
const program = requireProgram("chromium");

describe.skipIf(program === null)("the admin in Chromium, on workerd", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld("store", [PROJECT], program ?? "");
  });
  afterAll(() => world?.stop());
  beforeEach(() => world.warehouse.answerWith(() => new Response("ok")));
  afterEach(() => world?.chromium.closePages());

  /** A page of the admin, after the log-in. */
  async function open(path: string, options: BrowserContextOptions = {}, token = OWNER): Promise<Page> {
    const { page } = await world.chromium.open(options);
    await page.goto(world.admin + path);
    await page.getByLabel("Token").fill(token);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("button", { name: "Log out" }).waitFor();
    return page;
  }
  const heading = (page: Page, name: string) => page.getByRole("heading", { name, exact: true }).first();
  const rows = (page: Page) => page.locator("tbody tr");

  describe("with JavaScript off", () => {
    const options = { javaScriptEnabled: false };

    test("one logs in, looks around, changes the colours and logs out", async () => {
      const page = await open("", options);
      await page.getByRole("link", { name: "Projects & settings" }).click();
      await heading(page, "Settings in force").waitFor();
      await page.getByRole("button", { name: "dark" }).click();
      await heading(page, "Projects & settings").waitFor();
      expect(await page.getAttribute("html", "data-theme")).toBe("dark");
      await page.getByRole("button", { name: "Log out" }).click();
      await heading(page, "Log in").waitFor();
    });

    test("an app is tried with values that are not saved, and nothing is delivered", async () => {
      const page = await open("/apps/exchange", options);
      await page.getByLabel("Key of the bank").first().fill("12345");
      const order = { event: "order", distinct_id: "u", properties: { amount: 3, currency: "EUR" } };
      await page.getByLabel("Event", { exact: true }).fill(JSON.stringify(order));
      await page.getByRole("button", { name: "Try it" }).click();
      await page.locator("#result").getByText('"rate_key_length": 5').waitFor();
      expect(world.posthog.requests.filter(({ path }) => path.startsWith("/batch"))).toEqual([]);
      await page.getByLabel("Event", { exact: true }).fill("{");
      await page.getByRole("button", { name: "Try it" }).click();
      await page.getByText("event: is not JSON").first().waitFor();
    });

    test("an app is disabled, and enabled again", async () => {
      const page = await open("/apps/bot-filter", options);
      await page.getByRole("button", { name: "Disable in this project" }).click();
      await page.getByRole("button", { name: "Enable in this project" }).click();
      await page.getByRole("button", { name: "Disable in this project" }).waitFor();
    });

    test("one finds an event among others, and sees who dropped it", async () => {
      const page = await open("/events", options);
      await world.send(PROJECT, {
        event: "crawl",
        distinct_id: "mallory",
        properties: { $raw_user_agent: "Crawler/1" },
      });
      await expect
        .poll(async () => {
          await page.getByRole("link", { name: "Reload" }).click();
          return page.getByText("mallory").count();
        }, SOON)
        .toBe(1);
      await page.getByLabel("Person").fill("mallory");
      await page.getByRole("button", { name: "Show" }).click();
      await page.getByRole("link", { name: "crawl" }).click();
      await heading(page, "crawl").waitFor();
      expect(await page.getByText("dropped it", { exact: true }).count()).toBe(1);
    });

    test("one finds a dead letter, looks into it, replays it and deletes the others", async () => {
      const page = await open("/dead-letters", options);
      world.warehouse.answerWith(() => new Response("full", { status: 507 }));
      world.warehouse.requests.length = 0;
      await world.send(PROJECT, ...["a", "b", "c"].map((event) => ({ event, distinct_id: "u" })));
      await expect.poll(async () => (await page.reload(), rows(page).count()), SOON).toBe(3);
      await page.getByLabel("Error").first().fill("no such error");
      await page.getByRole("button", { name: "Show" }).click();
      await page.getByText("No dead letters").waitFor();
      await page.getByRole("link", { name: "Dead letters", exact: true }).click();

      await page.getByRole("link", { name: "warehouse · onEvent" }).first().click();
      const inside = JSON.parse((await page.locator("#inside code").textContent()) ?? "") as object[];
      world.warehouse.requests.length = 0;
      world.warehouse.answerWith(() => new Response("ok"));
      await page.getByRole("button", { name: "Replay" }).click();
      await heading(page, "Sent on").waitFor();
      await expect.poll(() => world.warehouse.requests.length, SOON).toBe(1);
      expect(world.warehouse.requests[0]?.json).toMatchObject({
        event: (inside[0] as { event: string }).event,
      });

      await page.getByRole("link", { name: "All dead letters" }).click();
      expect(await rows(page).count()).toBe(2);
      await page.getByRole("checkbox").first().check();
      await page.getByText("Delete…").click();
      await page.getByRole("button", { name: "Delete chosen for good" }).click();
      await page.getByText("1 deleted.").waitFor();
      expect(await rows(page).count()).toBe(1);
      await page.getByText("Delete…").click();
      await page.getByRole("button", { name: "Delete all that match for good" }).click();
      await page.getByText("1 deleted.").waitFor();
      await page.getByText("No dead letters").waitFor();
    });
  });

  test("the navigation is a key away, and so is the content", async () => {
    const { page } = await world.chromium.open();
    await page.goto(world.admin);
    await page.locator("input:focus").waitFor();
    await page.keyboard.type(OWNER);
    await page.keyboard.press("Enter");
    await heading(page, "Overview").waitFor();
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the content");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("content");
    await page.keyboard.press("g");
    await page.keyboard.press("p");
    await heading(page, "Projects & settings").waitFor();
  });

  test("a token for reading sees no button that changes anything", async () => {
    const page = await open("", {}, READER);
    for (const path of ["", "/apps", "/apps/exchange", "/events", "/dead-letters", "/audit", "/projects"]) {
      await page.goto(world.admin + path);
      expect(await page.locator("main form[method=post] button").count(), path).toBe(0);
    }
  });

  test("follows the browser's colours, or those that were chosen", async () => {
    const page = await open("", { colorScheme: "dark" });
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
    const page = await open("", {
      timezoneId: "Asia/Kolkata",
      permissions: ["clipboard-read", "clipboard-write"],
    });
    const [utc, local] = await page.evaluate(() => {
      const text = document.querySelector(".chart text[data-clock]");
      return [text?.getAttribute("data-clock")?.slice(14, 16), text?.textContent?.slice(3)];
    });
    expect(Number(local)).toBe((Number(utc) + 30) % 60);
    await page.goto(`${world.admin}/projects`);
    await page.getByRole("button", { name: "Copy posthog-js" }).click();
    await page.getByText("Copied").waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain(`posthog.init("${PROJECT}"`);
  });

  test("takes the times of a filter in the viewer's zone", async () => {
    const page = await open("/dead-letters", { timezoneId: "Asia/Kolkata" });
    await page.getByLabel("From", { exact: true }).fill("2030-01-31T12:00");
    await page.getByRole("button", { name: "Show" }).click();
    await page.waitForURL(/from=2030-01-31T06%3A30/);
    expect(await page.getByLabel("From", { exact: true }).inputValue()).toBe("2030-01-31T12:00");
  });

  test("renews what is live by itself, all from one fetch a minute, and asks for the login when the session has ended", async () => {
    const { page } = await world.chromium.open();
    await page.clock.install();
    await page.goto(world.admin);
    await page.getByLabel("Token").fill(OWNER);
    await page.getByRole("button", { name: "Log in" }).click();
    await heading(page, "Overview").waitFor();
    const fetched: string[] = [];
    page.on("request", (request) => fetched.push(request.resourceType()));
    await page.evaluate(() => document.querySelector("#traffic .stats")?.remove());
    expect(await page.locator("#traffic .stats").count()).toBe(0);
    await page.clock.runFor(60_000);
    await page.locator("#traffic .stats").waitFor();
    expect(fetched).toEqual(["fetch"]);
    await page.context().clearCookies();
    await page.clock.runFor(60_000);
    await heading(page, "Log in").waitFor();
  });

  test("keeps what was entered when the session ends, until it can be saved after another log-in", async () => {
    const { page } = await world.chromium.open();
    await page.clock.install();
    await page.goto(`${world.admin}/apps/exchange`);
    await page.getByLabel("Token").fill(OWNER);
    await page.getByRole("button", { name: "Log in" }).click();
    const source = page.getByRole("combobox", { name: "Source of rates" });
    await source.selectOption("bank");
    await page.getByLabel("Key of the bank").fill("key-of-the-bank");
    await page.getByRole("heading", { name: "Try it" }).click();
    await page.context().clearCookies();
    const asked = page.waitForRequest((request) => request.url().includes("/login"));
    await page.clock.runFor(30_000);
    await asked;
    await page.getByRole("button", { name: "Save" }).click();
    const opened = page.waitForEvent("popup");
    await page.getByRole("link", { name: "Log in in another tab" }).click();
    const other = await opened;
    await other.getByLabel("Token").fill(OWNER);
    await other.getByRole("button", { name: "Log in" }).click();
    await heading(other, "Overview").waitFor();
    await page.reload();
    await page.getByRole("status").getByText("Saved.").waitFor();
    expect(await source.inputValue()).toBe("bank");
    expect(await page.getByPlaceholder("set; enter another to replace it").count()).toBe(1);
  });
});
