/** @jsxImportSource #jsx */
import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createElement, Fragment } from "./jsx-runtime.ts";

const HOSTILE = `"'><script>alert(1)</script>&amp;`;
const ESCAPED = "&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;";

function Greeting({ name, children }: { name: string; children?: string }) {
  return name === "" ? null : (
    <>
      Hello {name}
      {children}
    </>
  );
}

test.each([
  ["text in content is escaped", <p>{HOSTILE}</p>, `<p>${ESCAPED}</p>`],
  ["text in an attribute is escaped", <p title={HOSTILE} />, `<p title="${ESCAPED}"></p>`],
  ["markup is not escaped again", <p>{<b>1 &lt; 2</b>}</p>, "<p><b>1 &lt; 2</b></p>"],
  ["numbers are shown, zero too", <p>{[0, 1.5]}</p>, "<p>01.5</p>"],
  ["nothing is shown of null, undefined, true and false", <p>{[null, undefined, true, false]}</p>, "<p></p>"],
  ["lists within lists are one after the other", <p>{[["a"], [["b"]]]}</p>, "<p>ab</p>"],
  ["attributes that are unset are left out", <a href={undefined}>a</a>, "<a>a</a>"],
  ["an attribute may be empty or zero", <p id="" tabindex={0} />, '<p id="" tabindex="0"></p>'],
  [
    "a flag is there or is not",
    <button disabled={true} autofocus={false} />,
    '<button disabled=""></button>',
  ],
  [
    "other attributes say true and false",
    <p aria-busy={false} aria-live="off" />,
    '<p aria-busy="false" aria-live="off"></p>',
  ],
  ["elements without content have no end", <input name="a" />, '<input name="a"/>'],
  ["a component may show nothing", <Greeting name="" />, ""],
  [
    "components get what stands between their tags",
    <Greeting name="<Ada>">!</Greeting>,
    "Hello &lt;Ada&gt;!",
  ],
])("%s", (_, made, text) => {
  expect(made.toString()).toBe(text);
});

test("children as arguments make the same", () => {
  const made = createElement("p", { id: "a" }, "<", createElement(Fragment, null, 1, ["b"]));
  expect(made.toString()).toBe('<p id="a">&lt;1b</p>');
  expect(createElement("p", null).toString()).toBe("<p></p>");
});

test("an object that only looks like markup is escaped", () => {
  const forged = JSON.parse('{"isEscaped":true,"Symbol(markup)":"<b>"}') as string;
  expect((<p>{forged}</p>).toString()).toBe("<p>[object Object]</p>");
  const speaking = { toString: () => "<b>" } as never as string;
  expect((<p title={speaking}>{speaking}</p>).toString()).toBe('<p title="&lt;b&gt;">&lt;b&gt;</p>');
});

test("every file with markup uses it: another's elements would be escaped as text", () => {
  const cwd = new URL("../..", import.meta.url).pathname;
  const others = globSync("**/*.tsx", { cwd }).filter(
    (file) => !readFileSync(`${cwd}${file}`, "utf8").startsWith("/** @jsxImportSource #jsx */\n"),
  );
  expect(others).toEqual([]);
});
