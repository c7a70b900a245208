import { expect, test } from "vitest";
import type { DescribedApp } from "../../shown-apps.ts";
import { conflictsIn, enteredValues, markOf, readConfigForm } from "./config-form.ts";

const field = (key: string, value: unknown, secret = false) => ({
  key,
  type: "string",
  required: false,
  secret,
  value,
  from: "apps.json" as const,
});
const app = {
  config: [
    field("url", "https://a.example"),
    field("text", "a\nb"),
    field("list", ["a"]),
    field("unset", null),
    field("key", "****", true),
    field("other", "****", true),
  ],
} as unknown as DescribedApp;

const untouched = {
  "config.url": "https://a.example",
  "config.text": "a\r\nb",
  "config.list": '[\n  "a"\n]',
  "config.unset": "",
  "config.key": "",
};

test("what was not touched does not change, and what a page hid neither", () => {
  expect(readConfigForm(app, untouched)).toEqual({});
});

test("new values, secrets to replace and to clear, and fields to give back are told apart", () => {
  const sent = { ...untouched, "config.url": "", "config.key": "new", "clear.other": "1", "reset.text": "1" };
  expect(readConfigForm(app, sent)).toEqual({ url: "", key: "new", other: "", text: null });
});

test("a dictionary becomes the object that apps get; what is none stays text, to be refused", () => {
  const labelled = {
    config: [{ ...field("labels", { a: "b" }), type: "dictionary" }],
  } as unknown as DescribedApp;
  expect(readConfigForm(labelled, { "config.labels": '{"a":"c"}' })).toEqual({ labels: { a: "c" } });
  expect(readConfigForm(labelled, { "config.labels": "a=c" })).toEqual({ labels: "a=c" });
});

test("what somebody else has set since the form was shown stays, unless it was entered too", () => {
  const marks = { "shown.url": markOf("https://old.example"), "shown.text": markOf("old") };
  const sent = { "config.url": "https://old.example", "config.text": "new", ...marks };
  const changes = readConfigForm(app, sent);
  expect(changes).toEqual({ text: "new" });
  expect(enteredValues(app, sent)).toEqual({ "config.text": "new" });
  expect(conflictsIn(app, sent, changes)).toEqual([
    { field: "config.text", why: 'has become "a\\nb" meanwhile: save again to replace that' },
  ]);
  const same = { ...sent, "config.text": "a\r\nb" };
  expect(conflictsIn(app, same, readConfigForm(app, same))).toEqual([]);
});

test("a secret is not among what is shown again", () => {
  expect(enteredValues(app, { ...untouched, "config.key": "new" })).not.toHaveProperty(["config.key"]);
});
