import process from "node:process";
import { requireProgram } from "../../requirements.ts";
import { OWNER, startWorld } from "../world.ts";
import { bringHistory } from "./history.ts";

const usage = `Usage: npm run screenshots

Takes the README's pictures of the admin anew, in light and dark, over a gateway on workerd. Needs Chromium.
`;

const PROJECT = "phc_shop";
const SIZE = { width: 1280, height: 940 };
const SOON_MS = 30_000;

if (process.argv.includes("--help")) {
  console.log(usage);
  process.exit(0);
}
const program = requireProgram("chromium");
if (program === null) {
  console.error("screenshots: Chromium is needed to take them");
  process.exit(1);
}
const world = await startWorld("store", [PROJECT], program);
try {
  await bringHistory(world.stack, PROJECT, Date.now());
  world.warehouse.answerWith(() => new Response("too many connections", { status: 503 }));
  await world.send(
    PROJECT,
    ...["order placed", "order placed", "product viewed"].map((event) => ({ event, distinct_id: "anna" })),
  );
  for (const colorScheme of ["light", "dark"] as const) {
    const { page } = await world.chromium.open({ viewport: SIZE, colorScheme, timezoneId: "UTC" });
    await page.goto(world.admin);
    await page.getByLabel("Token").fill(OWNER);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.waitForFunction(isTroubled, undefined, { timeout: SOON_MS });
    const path = new URL(`overview-${colorScheme}.png`, import.meta.url).pathname;
    await page.screenshot({ path });
    console.log(path);
  }
} finally {
  await world.stop();
}

/** Runs in the page, and loads it again until the overview knows of the broken destination. */
function isTroubled(): boolean {
  if (document.querySelector("#attention table")) return true;
  location.reload();
  return false;
}
