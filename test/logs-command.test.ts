import { execFile } from "node:child_process";
import process from "node:process";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { logLine } from "../src/commands/logs/line.ts";
import { createLogReader } from "../src/commands/logs/reader.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";
import { talkative } from "./logs.fixture.ts";

const program = new URL("../src/commands/logs/main.ts", import.meta.url).pathname;
const run = promisify(execFile);

let edge: TestGateway;
beforeEach(async () => {
  edge = await startTestGateway({ apps: [talkative((event, _meta, console) => console.warn(event.event))] });
});
afterEach(() => edge.stop());

async function log(...messages: string[]): Promise<void> {
  await edge.capture(...messages.map((event) => ({ event, distinct_id: "u1" })));
  await edge.settle();
}

test("shows each entry once, also equal ones, in the order of their times", async () => {
  const { url, adminToken: token } = edge;
  const reader = createLogReader({ connection: { url, token }, plugin: "app", filter: {} });
  const next = async () => (await reader.next()).map(({ message }) => message);
  expect(await next()).toEqual([]);
  await log("a", "same", "same");
  expect(await next()).toEqual(["a", "same", "same"]);
  await log("same");
  expect(await next()).toEqual(["same"]);
  edge.clock.set(edge.clock.now() + 60_000);
  await log("b");
  await log("c");
  expect(await next()).toEqual(["b", "c"]);
  expect(await next()).toEqual([]);
});

test("prints the log in the terminal", async () => {
  await log("hello");
  const options = ["app", "--level", "warn", "--url", edge.url, "--token", edge.adminToken];
  const { stdout } = await run(process.execPath, [program, ...options]);
  expect(stdout).toBe(`${new Date(edge.clock.now()).toISOString()} WARN  processEvent: hello\n`);
});

test.each([
  [["nobody"], 1, 'answered 404: there is no app "nobody" in this deployment\n'],
  [["app", "--level", "loud"], 1, "level: give one of"],
  [["app", "--loud"], 2, "Unknown option '--loud'"],
  [[], 2, "Say whose log"],
])("says what is wrong with %j", async (given, code, expected) => {
  const options = [...given, "--url", edge.url, "--token", edge.adminToken];
  const failure = await run(process.execPath, [program, ...options]).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code, stderr: expect.stringContaining(expected) });
});

test("keeps what was logged from steering the terminal", () => {
  const entry = { timestamp: "t", level: "ERROR", source: "PLUGIN", message: "a\u001b[2Jb\nc\td\r" } as const;
  expect(logLine(entry)).toBe("t ERROR [PLUGIN] a\ufffd[2Jb\n    c\td\ufffd");
});
