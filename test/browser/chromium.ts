import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults, RunOptions } from "axe-core";
import { type BrowserContextOptions, chromium, type Page } from "playwright-core";

declare const axe: { run(options?: RunOptions): Promise<AxeResults> };

export const DESK = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };
const WAIT_MS = 10_000;
/** For a test that goes through many pages, on a machine that does much else. */
export const LONG = { timeout: 120_000 };
/** How long a test waits for what a background does. */
export const SOON = { timeout: 30_000 };

/** Debian's Chromium, started once for all tests of a file. */
export interface Chromium {
  /** A page in a session of its own. What its console complains of, its policy's reports among it, goes to `complaints`. */
  open(options?: BrowserContextOptions): Promise<{ page: Page; complaints: string[] }>;
  /** Ends the sessions that are open. */
  closePages(): Promise<void>;
  stop(): Promise<void>;
}

export async function startChromium(program: string): Promise<Chromium> {
  const browser = await chromium.launch({
    executablePath: program,
    args: ["--no-sandbox", "--no-first-run", "--disable-gpu", "--disable-background-networking"],
  });
  return {
    async open(options = {}) {
      const context = await browser.newContext({ viewport: DESK, ...options });
      // Less than a test has, so that it says what it waited for.
      context.setDefaultTimeout(WAIT_MS);
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("dialog", (dialog) => {
        complaints.push(dialog.message());
        void dialog.dismiss();
      });
      return { page, complaints };
    },
    async closePages() {
      await Promise.all(browser.contexts().map((context) => context.close()));
    },
    stop: () => browser.close(),
  };
}

let axeSource: Promise<string> | undefined;

/** Serious and critical faults of accessibility on a page, by rule and place; of some rules alone, if they are named. */
export async function seriousFaults(page: Page, rules?: string[]): Promise<string[]> {
  axeSource ??= readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  // By the debugging protocol, which the policy of the page does not bind.
  await page.evaluate(await axeSource);
  const { violations, passes } = await page.evaluate(
    (only) => axe.run({ resultTypes: ["violations"], ...(only ? { runOnly: only } : {}) }),
    rules,
  );
  if (passes.length === 0) throw new Error(`axe found nothing to look at on ${page.url()}`);
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${page.url()} ${id}: ${html}`));
}

/** Whether one has to scroll sideways. */
export function isWiderThanScreen(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
}
