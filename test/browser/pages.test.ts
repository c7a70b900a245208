import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { requireProgram } from "../requirements.ts";
import { DESK, LONG, isWiderThanScreen, PHONE, seriousFaults, SOON } from "./chromium.ts";
import { OWNER, startWorld, type World } from "./world.ts";

const program = requireProgram("chromium");
const PROJECT = "phc_hostile";
const SCRIPT = `"'></title></textarea><script>window.hacked='event'</script><img src=x onerror="window.hacked='event'">`;
/** Pages of one kind, such as events' stories, that are looked at. */
const MAX_OF_A_KIND = 2;
const MAX_PAGES = 60;
/** How a path to an event, a dead letter or a replay ends. */
const ID = /\/[\w%-]{20,}$/;
/** What Chromium says of an answer that is no success, as some pages here are meant to be. */
const STATUS = /^Failed to load resource: the server responded with a status of 40[04]/;

/** In the first colours axe looks at all, in the second at what they differ in. */
const looks = [
  ["on a desk", DESK, ["light", "dark"]],
  ["on a phone", PHONE, ["dark", "light"]],
] as const;

/** An app whose author, people and events are hostile, so that every page has something of it to show. */
describe.skipIf(program === null)("every page of the admin, in Chromium", LONG, () => {
  let world: World;
  let paths: string[];
  beforeAll(async () => {
    world = await startWorld("hostile", [PROJECT], program ?? "");
    await bringHostility();
    paths = await findPages();
  });
  afterAll(() => world?.stop());
  afterEach(() => world?.chromium.closePages());

  test("is found by following links", () => {
    const kinds = paths.map((path) => path.replace(/\?.*/, "").replace(ID, "/…"));
    expect(kinds).toEqual(
      expect.arrayContaining([
        "/admin",
        "/admin/apps",
        "/admin/apps/echo",
        "/admin/apps/unset",
        "/admin/events",
        "/admin/events/…",
        "/admin/destinations",
        "/admin/destinations",
        "/admin/dead-letters",
        "/admin/dead-letters/…",
        "/admin/dead-letters/replays/…",
        "/admin/audit",
        "/admin/projects",
      ]),
    );
  });

  test.each(looks)(
    "has no serious fault of accessibility, light or dark, fits, and runs nothing that is hostile: %s",
    async (_, viewport, [colorScheme, other]) => {
      const { page, complaints } = await world.chromium.open({
        viewport,
        colorScheme,
        // Or axe may meet a colour on its way to another.
        reducedMotion: "reduce",
      });
      const expectReadable = async () => {
        expect(await seriousFaults(page)).toEqual([]);
        await page.emulateMedia({ colorScheme: other });
        expect(await seriousFaults(page, ["color-contrast"])).toEqual([]);
        await page.emulateMedia({ colorScheme });
      };
      await page.goto(world.admin);
      await expectReadable();
      await logIn(page);
      for (const path of paths) {
        await page.goto(world.url + path);
        await expectReadable();
        await expectSound(page);
      }
      expect(complaints.filter((text) => !STATUS.test(text))).toEqual([]);
    },
  );

  test("runs nothing when a form comes back with a result or a fault", async () => {
    const { page, complaints } = await world.chromium.open();
    await page.goto(world.admin);
    await logIn(page);
    await page.goto(`${world.admin}/apps/echo`);
    await page
      .getByLabel("Event", { exact: true })
      .fill(JSON.stringify({ event: SCRIPT, distinct_id: SCRIPT }));
    await page.getByRole("button", { name: "Try it" }).click();
    await page.locator("#result").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await expectSound(page);
    await page.getByLabel("Event", { exact: true }).fill(SCRIPT);
    await page.getByRole("button", { name: "Try it" }).click();
    await page.getByText("event: is not JSON").first().waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await expectSound(page);
    expect(complaints.filter((text) => !STATUS.test(text))).toEqual([]);
  });

  async function logIn(page: Page): Promise<void> {
    await page.getByLabel("Token").fill(OWNER);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
  }

  /** It fits, and what stands in it is text. */
  async function expectSound(page: Page): Promise<void> {
    const where = page.url();
    expect(await isWiderThanScreen(page), where).toBe(false);
    const alive = await page.evaluate(() => {
      const found = [...document.querySelectorAll("main *")].filter(
        (element) =>
          element.matches("script, img, iframe, object, [href^='javascript:'], [href^='data:']") ||
          element.getAttributeNames().some((name) => name.startsWith("on")),
      );
      return [...found.map(({ outerHTML }) => outerHTML), ...("hacked" in window ? [window.hacked] : [])];
    });
    expect(alive, where).toEqual([]);
  }

  /** Events, a file, configuration, a task and a replay, all with something to run in their names and values. */
  async function bringHostility(): Promise<void> {
    await world.call("apps/echo", {
      method: "PATCH",
      body: JSON.stringify({
        config: { mode: `"><script>window.hacked='choice'</script>`, note: SCRIPT, token: SCRIPT },
      }),
    });
    await world.call(`apps/echo/attachments/file?name=${encodeURIComponent(SCRIPT)}`, {
      method: "PUT",
      body: SCRIPT,
    });
    await world.send(
      PROJECT,
      { event: SCRIPT, distinct_id: SCRIPT, properties: { [SCRIPT]: SCRIPT } },
      { event: "thrown", distinct_id: SCRIPT, properties: { outcome: "throw" } },
    );
    await vi.waitFor(async () => {
      const letters = (await world.call("deadletters")) as { entries: unknown[] };
      expect(letters.entries).toHaveLength(2);
      const { entries } = (await world.call("events")) as { entries: { deliveries: unknown[] }[] };
      expect(entries.map(({ deliveries }) => deliveries.length)).toEqual([2, 2]);
    }, SOON);
  }

  /** Follows links from the overview, and adds what only a form leads to. */
  async function findPages(): Promise<string[]> {
    const { page } = await world.chromium.open();
    await page.goto(world.admin);
    await logIn(page);
    await page.goto(`${world.admin}/dead-letters`);
    await page.getByRole("checkbox").first().check();
    await page.getByRole("button", { name: "Replay chosen" }).click();
    await page.getByRole("heading", { name: "Sent on" }).waitFor(SOON);
    const found = [new URL(page.url()).pathname, "/admin", `/admin/${encodeURIComponent(SCRIPT)}`];
    const ofKind = new Map<string, number>();
    for (const path of found) {
      if (found.length > MAX_PAGES) break;
      await page.goto(world.url + path);
      const links = await page
        .locator("a[href]")
        .evaluateAll((all) =>
          all.flatMap((link) => (link instanceof HTMLAnchorElement && !link.download ? [link.href] : [])),
        );
      for (const href of links) {
        const { origin, pathname, search } = new URL(href);
        const kind = pathname.replace(ID, "") + search.replaceAll(/=[^&]*/g, "");
        const before = ofKind.get(kind) ?? 0;
        if (origin !== world.url || found.includes(pathname + search) || before >= MAX_OF_A_KIND) continue;
        ofKind.set(kind, before + 1);
        found.push(pathname + search);
      }
    }
    await world.chromium.closePages();
    return found;
  }
});
