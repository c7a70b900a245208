import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { manifestSchema } from "../../src/apps/manifest.ts";
import { defineApp } from "../../src/apps/testing.ts";
import type { PluginEvent } from "../../src/event.ts";
import { startTestGateway, type TestGateway } from "../gateway.ts";
import { requireProgram } from "../requirements.ts";

declare const axe: { run(): Promise<AxeResults> };

const SCRIPT = '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 2">';
const program = requireProgram("chromium");

interface Meta {
  config: Record<string, string>;
  attachments: Record<string, { contents: Buffer }>;
}

/** All that an author can write is hostile: names, hints, texts, choices, logs, errors. */
const shop = defineApp(
  "shop",
  {},
  {
    id: 1,
    name: `Shop ${SCRIPT}`,
    manifest: manifestSchema.parse({
      name: `Shop ${SCRIPT}`,
      description: SCRIPT,
      config: [
        { markdown: `# ${SCRIPT}\n[link](javascript:window.hacked=3)` },
        { key: "mode", name: "Mode", type: "choice", choices: ["plain", "signed"], default: "plain" },
        { key: "apiKey", name: "API key", hint: SCRIPT, secret: true, visible_if: [["mode", "signed"]] },
        { key: "note", name: `Note ${SCRIPT}`, default: `"> ${SCRIPT}` },
        { key: "prices", name: "Prices", type: "attachment", hint: SCRIPT },
      ],
      publicJobs: { refresh: { payload: {} } },
    }),
    config: { mode: "plain", note: `"> ${SCRIPT}` },
    createApp(host) {
      const { console: log } = host as never as { console: Console };
      const exports = {
        processEvent(event: PluginEvent, { config, attachments }: Meta) {
          log.warn(`saw ${event.event} ${SCRIPT}`);
          const seen = {
            mode: config["mode"],
            key: config["apiKey"],
            prices: String(attachments["prices"]?.contents),
          };
          return { ...event, properties: { ...event.properties, way: ["shop"], seen, html: SCRIPT } };
        },
        onEvent: (event: PluginEvent) => {
          if (event.event === "bad") throw new Error(`no ${SCRIPT}`);
        },
        jobs: { refresh() {} },
      };
      return { exports, defaultExport: undefined, moduleExports: {}, topLevel: {} };
    },
  },
);
const second = defineApp(
  "second",
  {
    processEvent(event: PluginEvent) {
      const way = [...((event.properties?.["way"] as string[]) ?? []), "second"];
      return { ...event, properties: { ...event.properties, way } };
    },
  },
  { id: 2, name: "Second" },
);

describe.skipIf(program === null)("the admin's apps in Chromium", () => {
  let edge: TestGateway;
  let browser: Browser;
  let axeSource: string;
  let complaints: string[];

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: program ?? "",
      args: ["--no-sandbox", "--no-first-run", "--disable-gpu", "--disable-background-networking"],
    });
    axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    edge = await startTestGateway({
      apps: [shop, second],
      settings: { SECRETS_KEY: Buffer.alloc(32, 7).toString("base64") },
    });
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    await edge.stop();
  });

  async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    complaints = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("dialog", (dialog) => void complaints.push(dialog.message()));
    await page.goto(`${edge.url}/admin${path}`);
    await page.getByLabel("Token").fill(edge.adminToken);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("heading", { level: 1 }).waitFor();
    return page;
  }
  async function seen(): Promise<Record<string, unknown>> {
    await edge.capture({ event: "order", distinct_id: "u" });
    await edge.settle();
    return edge.delivered().at(-1)?.properties ?? {};
  }

  test("an app is configured with a secret and a file, and neither page nor audit list shows the secret", async () => {
    const page = await open("/apps/shop");
    expect(await page.getByLabel("API key").isVisible()).toBe(false);
    await page.getByLabel("Mode").selectOption("signed");
    await page.getByLabel("API key").first().fill("k3y-of-the-shop");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved. It is in force").waitFor();
    await page
      .getByLabel("Prices")
      .last()
      .setInputFiles({
        name: "prices.csv",
        mimeType: "text/csv",
        buffer: Buffer.from("a;1"),
      });
    await page.getByRole("button", { name: "Upload" }).click();
    await page.getByText("prices.csv, 3 bytes").waitFor();
    expect(await seen()).toMatchObject({ seen: { mode: "signed", key: "k3y-of-the-shop", prices: "a;1" } });
    expect(await page.content()).not.toContain("k3y-of-the-shop");
    await page.goto(`${edge.url}/admin/audit`);
    await page.getByText("config.apiKey: a new secret").waitFor();
    expect(await page.content()).not.toContain("k3y-of-the-shop");
    expect(complaints).toEqual([]);
  });

  test("the chain follows when apps are moved, by arrows without scripts and by dragging with them", async () => {
    expect(await seen()).toMatchObject({ way: ["shop", "second"] });
    const plain = await open("/apps", { javaScriptEnabled: false });
    await plain.getByRole("button", { name: "Move Second up" }).click();
    await plain.getByText("Moved.").waitFor();
    expect(await seen()).toMatchObject({ way: ["shop"] });
    const page = await open("/apps");
    await page.dragAndDrop("tr[data-order='1']", "tr[data-order='2']");
    await page.getByText("Moved.").waitFor();
    expect(await seen()).toMatchObject({ way: ["shop", "second"] });
  });

  test("an app is tried with values that are not saved, without scripts too, and nothing is delivered", async () => {
    const page = await open("/apps/shop", { javaScriptEnabled: false });
    await page.getByLabel("Mode").selectOption("signed");
    await page.getByLabel("Event", { exact: true }).fill('{"event": "bad", "distinct_id": "u"}');
    await page.getByRole("button", { name: "Try it" }).click();
    const result = page.locator("#result");
    await result.getByText('"mode": "signed"').waitFor();
    await result.getByText("failed").first().waitFor();
    expect(edge.delivered()).toEqual([]);
    expect(await page.getByLabel("Mode").inputValue()).toBe("signed");
    await page.getByLabel("Event", { exact: true }).fill("{");
    await page.getByRole("button", { name: "Try it" }).click();
    await page.getByText("event: is not JSON").first().waitFor();
  });

  test("an app is disabled, and enabled again", async () => {
    const page = await open("/apps/shop");
    await page.getByRole("button", { name: "Disable in this project" }).click();
    await page.getByRole("button", { name: "Enable in this project" }).waitFor();
    expect(await seen()).toMatchObject({ way: ["second"] });
    await page.getByRole("button", { name: "Enable in this project" }).click();
    await page.getByRole("button", { name: "Disable in this project" }).waitFor();
    expect(await seen()).toMatchObject({ way: ["shop", "second"] });
  });

  test("nothing that an app says is run or becomes part of the page, and axe finds no serious fault", async () => {
    await edge.capture({ event: "bad", distinct_id: SCRIPT }, { event: SCRIPT, distinct_id: "u" });
    await edge.settle();
    const page = await open("/apps");
    for (const path of ["/apps", "/apps/shop", "/audit"]) {
      await page.goto(`${edge.url}/admin${path}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      expect(await page.evaluate(() => "hacked" in window)).toBe(false);
      expect(await page.locator("main img, main script, a[href^='javascript']").count()).toBe(0);
      expect(await seriousFaults(page)).toEqual([]);
    }
    await page.goto(`${edge.url}/admin/apps/shop`);
    await page.getByRole("button", { name: "Try it" }).click();
    await page.locator("#result").waitFor();
    expect(await page.evaluate(() => "hacked" in window)).toBe(false);
    expect(await seriousFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  async function seriousFaults(page: Page): Promise<string[]> {
    await page.evaluate(axeSource);
    const { violations } = await page.evaluate(() => axe.run());
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`));
  }
});
