import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import type { Manifest } from "../apps/manifest.ts";
import { defineApp } from "../apps/testing.ts";
import { MASKED } from "./mask.ts";
import { createSecrets, secretsOf } from "./secrets.ts";

const manifest = {
  config: [
    { key: "password", type: "string", secret: true },
    { key: "account", type: "attachment", secret: true },
    { key: "host", type: "string", secret: false },
  ],
} as unknown as Manifest;

describe("secrets", () => {
  test("are the values of secret fields and of settings, and nothing else", () => {
    const app = defineApp(
      "app",
      {},
      { manifest, config: { password: "hunter22", host: "db.example", token: { env: "TOKEN" }, port: 5432 } },
    );
    const config = { password: "hunter22", host: "db.example", token: "from-the-setting", port: 5432 };
    expect(secretsOf(app, config)).toEqual(["hunter22", "from-the-setting"]);
  });

  test("of a JSON document are the document and the longer strings in it, an attachment's too", () => {
    const account = { type: "user", private_key: "-----BEGIN\nkey\n-----END" };
    const contents = Buffer.from(JSON.stringify(account)).toString("base64");
    const attachments = {
      account: { content_type: "application/json", file_name: "account.json", contents },
    };
    const app = defineApp("app", {}, { manifest, attachments });
    const mask = createSecrets({}).maskFor(secretsOf(app, {}));
    expect(mask(JSON.stringify(account))).toBe(MASKED);
    expect(mask(`${account.private_key} of a ${account.type}`)).toBe(`${MASKED} of a user`);
  });

  test("of the gateway are masked for every app, and those of all apps in lines of no app", () => {
    const secrets = createSecrets({ ADMIN_TOKEN: "the-admin-token", PUBLIC_URL: "https://edge.example" });
    const mask = secrets.maskFor(["of-one-app"]);
    secrets.maskFor(["of-another"]);
    const text = "the-admin-token of-one-app of-another https://edge.example";
    expect(mask(text)).toBe(`${MASKED} ${MASKED} of-another https://edge.example`);
    expect(secrets.mask(text)).toBe(`${MASKED} ${MASKED} ${MASKED} https://edge.example`);
  });
});
