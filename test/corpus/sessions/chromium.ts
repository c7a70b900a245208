import { chromium, type Page } from "playwright-core";
import type { Sink } from "../sink.ts";
import { CLOCK_SKEW_MS } from "../told.ts";
import { shiftDate } from "./clock.ts";

const TIMEOUT_MS = 30_000;
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** That of a person's browser: posthog-js sends nothing for one that says it is headless. */
const USER_AGENT =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

/** A page of Chromium on a wrong clock, with `scripts` loaded from the sink. Closes the browser afterwards. */
export async function withPage(sink: Sink, scripts: string[], visit: (page: Page) => Promise<void>) {
  const tags = scripts.map((path) => `<script src="${path}"></script>`).join("");
  const html = `<!doctype html><meta charset="utf-8"><title>Schuhe 靴</title>${tags}<button id="buy">Kaufen · 買う</button>`;
  sink.serve("/shop", "text/html; charset=utf-8", html);
  sink.serve("/gone", "text/html", "<title>Gone</title>");
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: FLAGS,
    timeout: TIMEOUT_MS,
  });
  try {
    const page = await (await browser.newContext({ userAgent: USER_AGENT })).newPage();
    page.setDefaultTimeout(TIMEOUT_MS);
    await page.addInitScript(shiftDate, CLOCK_SKEW_MS);
    await page.goto(`${sink.url}/shop?size=41`);
    await visit(page);
  } finally {
    await browser.close();
  }
}
