import { describe, expect, test } from "vitest";
import { deploy } from "./deploy.ts";

describe("an app with required_if", () => {
  const app = {
    "plugin.json": JSON.stringify({
      config: [
        { key: "mode", type: "choice", choices: ["file", "web"], default: "web" },
        { key: "url", required_if: [["mode", "web"]] },
        { key: "user", required_if: [["mode", "web"], ["url"]] },
        { key: "rules", type: "attachment", required_if: [["mode", "file"]] },
        { key: "hidden", required: true, visible_if: [["mode", "other"]] },
      ],
    }),
    "index.js": "export const processEvent = (e) => (e.properties.ran = true, e)",
    "rules.json": "{}",
  };
  const missingOf = async (listing: object) => {
    const edge = await deploy({ app }, { listings: { app: { enabled: false, ...listing } } });
    const { missing, state } = (await (await edge.admin("apps/app")).json()) as Record<string, unknown>;
    return [state, missing];
  };

  test.each<[string, object, [string, string[]]]>([
    ["its condition holds by a default", {}, ["needs configuration", ["url"]]],
    [
      "its conditions all hold, one of them for any value",
      { config: { url: "x" } },
      ["needs configuration", ["user"]],
    ],
    ["all is there", { config: { url: "x", user: "y" } }, ["disabled", []]],
    ["another condition holds, for a file", { config: { mode: "file" } }, ["needs configuration", ["rules"]]],
    [
      "the file is there",
      { config: { mode: "file" }, attachments: { rules: "rules.json" } },
      ["disabled", []],
    ],
  ])("is told to need what is missing when %s", async (_when, listing, expected) => {
    expect(await missingOf(listing)).toEqual(expected);
  });

  test("does not run by itself until a person has given what its conditions ask for", async () => {
    const edge = await deploy({ app }, { unlisted: ["app"] });
    const patch = async (config: object) =>
      (await (await edge.admin("apps/app", { method: "PATCH", body: { config } })).json()) as {
        missing: string[];
      };
    expect((await edge.send("e"))?.properties).not.toHaveProperty("ran");
    expect((await patch({ url: "https://example.com" })).missing).toEqual(["user"]);
    expect((await patch({ mode: "file" })).missing).toEqual(["rules"]);
    expect((await patch({ mode: "web", user: "me" })).missing).toEqual([]);
  });

  test("runs by itself when its condition does not hold", async () => {
    const manifest = app["plugin.json"]
      .replace('"default":"web"', '"default":""')
      .replace('["file","web"]', '["","web"]');
    const edge = await deploy({ app: { ...app, "plugin.json": manifest } }, { unlisted: ["app"] });
    expect((await edge.send("e"))?.properties).toMatchObject({ ran: true });
  });
});
