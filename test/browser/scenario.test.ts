import { PostHog } from "posthog-node";
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { requireProgram } from "../requirements.ts";
import { DESK, LONG, PHONE, SOON } from "./chromium.ts";
import { type Person, withKeyboard, withMouse } from "./person.ts";
import { OWNER, startWorld, type World } from "./world.ts";

const program = requireProgram("chromium");
const SECRET = "k3y-of-the-bank";
const RATES = { name: "rates.csv", mimeType: "text/csv", buffer: Buffer.from("USD;0.5\nGBP;2\n") };

interface SentEvent {
  event: string;
  properties: Record<string, unknown>;
}

/** Each has a project of its own, so that nobody finds what another has left. */
const ways: [name: string, project: string, as: (page: Page) => Person, options: BrowserContextOptions][] = [
  ["by mouse, on a desk", "phc_mouse", withMouse, { viewport: DESK }],
  ["by keyboard alone, on a phone", "phc_keys", withKeyboard, { viewport: PHONE }],
  ["with JavaScript off", "phc_plain", withMouse, { viewport: DESK, javaScriptEnabled: false }],
];

describe.skipIf(program === null)("a person on call, in Chromium, with the gateway on workerd", LONG, () => {
  let world: World;
  beforeAll(async () => {
    const projects = ways.map(([, project]) => project);
    world = await startWorld("store", projects, program ?? "");
  });
  afterAll(() => world?.stop());
  afterEach(() => world?.chromium.closePages());

  test.each(ways)(
    "configures an app, watches events, mends a destination and replays what it missed: %s",
    async (_, project, as, options) => {
      const { page, complaints } = await world.chromium.open(options);
      const at = stepsOf(as(page), project, options.javaScriptEnabled);
      world.warehouse.answerWith(() => new Response("ok"));

      await at.logIn();
      await at.configure();
      await at.send({ event: "order", distinctId: "ada", properties: { amount: 10, currency: "USD" } });
      await at.readStory("order");

      world.warehouse.answerWith(() => new Response("full", { status: 507 }));
      const missed = ["first", "second", "third"];
      await at.send(...missed.map((event) => ({ event, distinctId: "ada" })));
      await at.seeTrouble(missed.length);

      world.warehouse.answerWith(() => new Response("ok"));
      world.warehouse.requests.length = 0;
      await at.replayAll(missed.length);
      const arrived = () =>
        world.warehouse.requests.map(({ json }) => (json as { event: string }).event).toSorted();
      await expect.poll(arrived, SOON).toEqual(missed);

      await at.moveFirst("Currency converter", "Bot filter");
      await at.send({ event: "after the move", distinctId: "ada" });
      expect(await at.chainOf("after the move")).toEqual(["Currency converter", "Bot filter"]);
      expect(arrived().filter((event) => missed.includes(event))).toEqual(missed);
      expect(complaints).toEqual([]);
    },
  );

  test("the chain follows when an app is dragged to another place", async () => {
    const { page, complaints } = await world.chromium.open();
    const at = stepsOf(withMouse(page), "phc_mouse");
    await at.logIn();
    await at.open("Apps");
    const names = () => page.locator("tr[data-order] th[scope=row] a").allTextContents();
    const [first, second, third] = await names();
    await page.dragAndDrop("tr[data-order='1']", "tr[data-order='3']");
    await page.getByText("Moved.").waitFor();
    expect(await names()).toEqual([second, third, first]);
    await at.send({ event: "after the drag", distinctId: "ada" });
    const passed = (await at.chainOf("after the drag")).filter((name) => name !== third);
    expect(passed).toEqual([second, first].filter((name) => name !== "Data warehouse"));
    expect(complaints).toEqual([]);
  });

  /** Events that PostHog has got. */
  const batches = () =>
    world.posthog.requests.flatMap(({ json }) => (json as { batch?: SentEvent[] } | undefined)?.batch ?? []);

  /** What a person does in a project. */
  function stepsOf(person: Person, project: string, hasScripts = true) {
    const { page } = person;
    const button = (name: string) => page.getByRole("button", { name, exact: true });
    const link = (name: string) => page.getByRole("link", { name, exact: true });
    const heading = (name: string) => page.getByRole("heading", { level: 1, name, exact: true });

    /** A page of the navigation, for this project. */
    async function open(name: string): Promise<void> {
      await person.press(page.getByRole("navigation", { name: "Admin" }).getByRole("link", { name }));
      await heading(name).waitFor();
      await person.choose(page.getByRole("combobox", { name: "Project", exact: true }), project);
      await person.press(button("Show"));
      await page.waitForURL((url) => url.searchParams.get("project") === project);
    }
    /** Loads the page again until it has something. */
    async function reloadUntil(found: () => Promise<boolean>): Promise<void> {
      const once = async () => (await found()) || (await page.reload(), found());
      await expect.poll(once, SOON).toBe(true);
    }

    return {
      open,

      async logIn() {
        await page.goto(world.admin);
        await person.fill(page.getByLabel("Token"), OWNER);
        await person.press(button("Log in"));
        await heading("Overview").waitFor();
      },

      async send(...events: { event: string; distinctId: string; properties?: object }[]) {
        const sdk = new PostHog(project, { host: world.url, flushAt: 100, flushInterval: 60_000 });
        for (const event of events) sdk.capture({ ...event, properties: { ...event.properties } });
        await sdk.shutdown();
      },

      async configure() {
        await open("Apps");
        await person.press(link("Currency converter"));
        await person.upload(page.locator("input[type=file]"), RATES);
        await person.press(button("Upload"));
        await page.getByText(/rates\.csv, \d+ bytes/).waitFor();
        await person.choose(page.getByLabel("Source of rates"), "bank");
        expect(await page.locator("input[type=file]").isVisible()).toBe(!hasScripts);
        await person.fill(page.getByLabel("Key of the bank").first(), SECRET);
        await person.press(button("Save"));
        await page.getByText("Saved. It is in force").waitFor();
        expect(await page.content()).not.toContain(SECRET);
        await page.getByText("running").first().waitFor();
      },

      /** The event turns up among the live ones, and says what became of it. */
      async readStory(event: string) {
        await open("Live events");
        await person.press(link("Follow"));
        await link("Stop following").waitFor();
        if (hasScripts) await link(event).first().waitFor(SOON);
        else await reloadUntil(async () => (await link(event).count()) > 0);
        await person.press(link(event).first());
        await heading(event).waitFor();
        const changed = page.getByLabel(/^What Currency converter .* changed$/).locator("ins");
        expect((await changed.allTextContents()).join("")).toContain(`"amount_eur": 5\n`);
        const deliveries = page.getByRole("region", { name: "Deliveries of the event" });
        await reloadUntil(async () => (await deliveries.getByText("delivered").count()) === 2);
      },

      /** The overview, the app and its letters say that a destination is broken. */
      async seeTrouble(count: number) {
        await open("Dead letters");
        await reloadUntil(async () => (await page.locator("tbody tr").count()) === count);
        await page.getByText("the warehouse answered 507: full").first().waitFor();
        await open("Apps");
        await reloadUntil(async () => (await page.getByText("degraded").count()) > 0);
        await page.getByText("failed within two hours").first().waitFor();
        await open("Overview");
        await page.locator("#attention").getByText("warehouse").first().waitFor();
      },

      async replayAll(count: number) {
        await open("Dead letters");
        await person.press(button("Replay all that match"));
        await page.getByRole("heading", { name: "Sent on" }).waitFor(SOON);
        const figures = await page.locator("#replay .stat").allTextContents();
        expect(figures[0]).toBe(`Letters sent on${count}`);
        await open("Dead letters");
        await page.getByText("No dead letters").waitFor();
      },

      /** Moves an app up until it stands before another. */
      async moveFirst(name: string, before: string) {
        await open("Apps");
        await person.press(button(`Move ${name} up`));
        await page.getByText("Moved.").waitFor();
        const names = await page.locator("tr[data-order] th[scope=row] a").allTextContents();
        expect(names.indexOf(name)).toBeLessThan(names.indexOf(before));
      },

      /** Apps that an event has passed, in order, as PostHog gets to know. */
      async chainOf(event: string): Promise<string[]> {
        const found = () => batches().find((sent) => sent.event === event);
        await expect.poll(found, SOON).toBeDefined();
        const passed = found()?.properties["$plugins_succeeded"] as string[];
        return passed.map((name) => name.replace(/ \(\d+\)$/, ""));
      },
    };
  }
});
