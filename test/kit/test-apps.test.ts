import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Checkout, createCheckout } from "./checkout.ts";

const PUBLISHED = join(import.meta.dirname, "published");

let checkout: Checkout;
beforeEach(async () => {
  checkout = await createCheckout();
});
afterEach(() => checkout.remove());

/** Brings one of the published apps, as a person would. */
const add = async (app: string) =>
  expect(await checkout.run("add", join(PUBLISHED, app))).toMatchObject({ code: 0, stderr: "" });

test.each([
  ["counter", 7, "JavaScript without exports, tests in CommonJS, automatic and manual mocks, snapshots"],
  ["typed", 7, "TypeScript, tests in __tests__, factories, spies, fake timers, a set-up file"],
])("an app's own tests pass: %s, all %i (%s)", async (app, count) => {
  await add(app);
  const { code, stdout, stderr } = await checkout.run("test-apps", app);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(new RegExp(`Tests +${count} passed \\(${count}\\)`));
});

test("a failing test fails the run, at the author's line; a missing package is named", async () => {
  await add("failing");
  const { code, stdout, stderr } = await checkout.run("test-apps", "failing");
  expect(code).toBe(1);
  expect(stdout).toContain("2 failed");
  expect(stderr).toContain("plugins/failing/index.test.js:5:53");
  expect(stderr).toContain("npm install -D -E msw");
});

test("tests that others wrote do not run with the project's own", async () => {
  await add("typed");
  await checkout.run("new", "mine");
  await checkout.write({
    "edgehog/plugins/dropped/index.ts": "export const onEvent = () => {}",
    "edgehog/plugins/dropped/index.test.ts": "test('for Jest', () => {})",
    "theirs/with-vitest/index.js": "export const onEvent = () => {}",
    "theirs/with-vitest/index.test.ts": 'import { test } from "vitest"; test("theirs", () => {});',
  });
  await checkout.run("add", "theirs/with-vitest");
  const { stdout } = await checkout.tool(
    "vitest",
    "list",
    "--filesOnly",
    "--config",
    "test/vitest.config.ts",
    "plugins/",
  );
  const folders = stdout.match(/(?<=plugins\/)[\w-]+(?=\/)/g) ?? [];
  expect(folders).toEqual(expect.arrayContaining(["heartbeat", "mine"]));
  for (const theirs of ["typed", "dropped", "with-vitest"]) expect(folders).not.toContain(theirs);
  const all = await checkout.run("test-apps", "dropped", "with-vitest", "mine");
  expect(all).toMatchObject({ code: 0, stdout: expect.stringMatching(/Tests +5 passed/) });
});

test("an app that there is not is said, and one without tests fails", async () => {
  expect(await checkout.run("test-apps", "nowhere")).toMatchObject({
    code: 1,
    stderr: "There is no plugins/nowhere.\n",
  });
  await checkout.write({ "edgehog/plugins/bare/index.js": "" });
  const { code, stderr } = await checkout.run("test-apps", "bare");
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("No test files found") });
});
