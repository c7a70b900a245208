import { afterAll, beforeAll, expect, test } from "vitest";
import { type Checkout, createCheckout } from "./checkout.ts";

let checkout: Checkout;
beforeAll(async () => {
  checkout = await createCheckout();
});
afterAll(() => checkout.remove());

test("a new app passes format, lint, types and its own test at once, and says what to do next", async () => {
  const event = await checkout.run("new", "order-size");
  expect(event).toMatchObject({ code: 0, stderr: "" });
  expect(event.stdout).toContain("npm run test:apps -- order-size");
  expect(await checkout.run("new", "order-export", "--export")).toMatchObject({ code: 0, stderr: "" });
  expect(await checkout.read("plugins/apps.json")).toContain(`
    { "plugin": "order-size" },
    { "plugin": "order-export", "enabled": false, "config": { "url": "" } }
  ]`);
  expect(await checkout.read("plugins/order-size/plugin.json")).toContain('"name": "Order size"');

  expect(await checkout.tool("oxfmt", "--check", "--config", ".oxfmtrc.json", "plugins")).toMatchObject({
    code: 0,
  });
  expect(await checkout.tool("oxlint", "--deny-warnings", "plugins")).toMatchObject({ code: 0 });
  const compile = await checkout.tool("node", "src/compiler/main.ts");
  expect(compile.stdout).toContain("Order size (order-size) enabled");
  expect(await checkout.tool("tsc", "--noEmit", "-p", "tsconfig.json")).toMatchObject({
    code: 0,
    stdout: "",
  });
  const tests = await checkout.tool("vitest", "run", "--config", "test/vitest.config.ts", "plugins/order-");
  expect(tests.stdout).toMatch(/Tests\s+6 passed/);
});

test.each<[string, string[], number, string]>([
  ["a folder that is there", ["heartbeat"], 1, "plugins/heartbeat is there already"],
  ["a name that is none", ["../x"], 1, '"../x" cannot be an app\'s folder: use letters'],
  ["no name", [], 2, "Usage: npm run new"],
  ["an option that there is not", ["x", "--typescript"], 2, "Usage: npm run new"],
])("refuses %s, and changes nothing", async (_what, args, code, message) => {
  const before = await checkout.read("plugins/apps.json");
  const outcome = await checkout.run("new", ...args);
  expect(outcome).toMatchObject({ code, stdout: "" });
  expect(outcome.stderr).toContain(message);
  expect(await checkout.read("plugins/apps.json")).toBe(before);
});

test.each(["new", "add", "remove"] as const)("%s explains itself", async (command) => {
  const outcome = await checkout.run(command, "--help");
  expect(outcome).toMatchObject({ code: 0, stderr: "" });
  expect(outcome.stdout).toContain(`Usage: npm run ${command}`);
});
