import { execFile } from "node:child_process";
import process from "node:process";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { defineApp } from "../src/apps/testing.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";

const program = new URL("../src/commands/deadletters/main.ts", import.meta.url).pathname;
const execute = promisify(execFile);

let edge: TestGateway;
let broken: boolean;
beforeEach(async () => {
  broken = true;
  const app = defineApp("reader", {
    onEvent({ event }: { event: string }) {
      if (broken) throw new Error(`no ${event}\u001b[2J`);
    },
  });
  edge = await startTestGateway({ apps: [app] });
  await edge.capture(...["ink", "paper", "paper"].map((event) => ({ event, distinct_id: "u1" })));
  await edge.settle();
});
afterEach(() => edge.stop());

async function run(...given: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const options = ["--url", edge.url, "--token", edge.adminToken];
  try {
    return { code: 0, ...(await execute(process.execPath, [program, ...given, ...options])) };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

test("lists letters as a table that cannot steer the terminal, or as JSON, and shows one whole", async () => {
  const { stdout } = await run("list", "--error", "paper");
  const lines = stdout.trimEnd().split("\n");
  expect(lines).toHaveLength(4);
  expect(lines[2]).toContain("reader onEvent");
  expect(stdout).not.toContain("\u001b");
  const entries = JSON.parse((await run("list", "--json")).stdout) as { id: string; error: string }[];
  expect(entries.map(({ error }) => error.slice(0, 10)).toSorted()).toEqual([
    "Error: no ",
    "Error: no ",
    "Error: no ",
  ]);
  const shown = JSON.parse((await run("show", entries[0]?.id ?? "")).stdout) as object;
  expect(shown).toMatchObject({ hook: "onEvent", events: [{ distinct_id: "u1" }] });
  expect((await run("list", "--limit", "1")).stderr).toContain("There are more than these 1");
});

test("replays and deletes one letter at a word, and many with --yes only", async () => {
  const refused = await run("replay", "--all");
  expect(refused).toMatchObject({ code: 1, stderr: "Replay 3 dead letters? Not without --yes.\n" });
  expect((await run("delete", "--error", "ink", "--yes")).stdout).toBe("1 dead letters deleted.\n");
  const [first] = JSON.parse((await run("list", "--json")).stdout) as { id: string }[];
  broken = false;
  expect(await run("replay", first?.id ?? "")).toMatchObject({
    code: 0,
    stdout: "1 dead letters are on their way.\n",
  });
  await edge.settle();
  const again = await run("replay", first?.id ?? "", "--json");
  expect(again).toMatchObject({ code: 1, stdout: '{"replayed":0,"stayed":1}\n' });
  expect(again.stderr).toContain("1 are not there");
  await run("replay", "--all", "--yes");
  await edge.settle();
  expect((await run("list")).stdout).toBe("There are no such dead letters.\n");
});

test("says which letters cannot be replayed, and why", async () => {
  edge.restart([]);
  const { code, stderr } = await run("replay", "--error", "ink", "--yes");
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining('stays: the app "reader" is disabled, or no longer deployed'),
  ]);
});

test.each([
  [["revive"], 2, 'say list, show, replay or delete, not "revive"'],
  [["replay"], 2, "replay which? Give ids, filters or --all"],
  [["delete", "x", "--all"], 2, "give ids, or filters, or --all"],
  [["list", "--from", "then"], 1, "from: give a time"],
  [["show", "nothing"], 1, "there is no dead letter nothing"],
  [["list", "--loud"], 2, "Unknown option '--loud'"],
])("says what is wrong with %j", async (given, code, expected) => {
  expect(await run(...given)).toMatchObject({ code, stderr: expect.stringContaining(expected) });
});
