/** @jsxImportSource #jsx */
import { expect, test } from "vitest";
import { Markdown, MarkdownLine } from "./markdown.tsx";

const render = (text: string) => (<Markdown text={text} />).toString();

test("what authors write is shown as they mean it", () => {
  expect(render("# Hi\nSee **all** of\n`a < b` at [us](https://a.example/?b&c).\n\n- one\n- two")).toBe(
    '<div class="markdown"><p><strong>Hi</strong></p><p>See <strong>all</strong> of <code>a &lt; b</code> at ' +
      '<a href="https://a.example/?b&amp;c" rel="noopener noreferrer" target="_blank">us</a>.</p>' +
      "<ul><li>one</li><li>two</li></ul></div>",
  );
});

test.for([
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "[x](javascript:alert(1))",
  "[x](JaVaScRiPt:alert`1`)",
  "[x](data:text/html,<script>alert(1)</script>)",
  '[x](https://a.example/"onmouseover="alert(1))',
  "[<script>](https://a.example)",
  "`<b>`",
  "```\n</pre><script>alert(1)</script>\n```",
  "**<script>alert(1)</script>**",
])("nothing in it is markup or script: %s", (text) => {
  for (const html of [render(text), (<MarkdownLine text={text} />).toString()]) {
    expect(html).not.toMatch(/<script|<img|<b>|href="(?!https:\/\/a\.example)/i);
    expect(html).not.toMatch(/"\s*on\w+=/i);
  }
});

test("a text made to be slow is not", () => {
  for (const part of ["[", "*", "`", "[a](", "_a", "https://"]) {
    expect(render(part.repeat(30_000)).length).toBeLessThan(2_000_000);
  }
});
