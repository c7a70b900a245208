/** @jsxImportSource #jsx */
import type { Child } from "hono/jsx";

/** Beyond this, a text of a manifest is cut. */
const MAX_CHARACTERS = 20_000;

/**
 * Text of a manifest, as authors write it: paragraphs, headings, lists, code, emphasis, links. Everything else, HTML above
 * all, is shown as the text that it is; links lead to the web or to mail and nowhere else.
 */
export function Markdown({ text }: { text: string }) {
  return <div class="markdown">{blocksOf(text.slice(0, MAX_CHARACTERS)).map(renderBlock)}</div>;
}

/** One line of it, to stand within a paragraph. */
export function MarkdownLine({ text }: { text: string }) {
  return <>{renderInline(text.slice(0, MAX_CHARACTERS).replace(/<br\s*\/?>/gi, " "))}</>;
}

type Block =
  | { kind: "code" | "paragraph" | "heading"; text: string }
  | { kind: "bullets" | "numbers"; items: string[] };

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let isOpen = false;
  let isCode = false;
  for (const line of text.replace(/<br\s*\/?>/gi, "\n").split(/\r?\n/)) {
    const last = blocks.at(-1);
    if (line.trimStart().startsWith("```")) {
      isCode = !isCode;
      isOpen = false;
      if (isCode) blocks.push({ kind: "code", text: "" });
    } else if (isCode && last?.kind === "code") {
      last.text += `${line}\n`;
    } else if (line.trim() === "") {
      isOpen = false;
    } else {
      const added = blockOf(line);
      if (isOpen && last && "items" in last && "items" in added && last.kind === added.kind) {
        last.items.push(...added.items);
      } else if (isOpen && last?.kind === "paragraph" && added.kind === "paragraph") {
        last.text += ` ${added.text}`;
      } else blocks.push(added);
      isOpen = added.kind !== "heading";
    }
  }
  return blocks;
}

function blockOf(line: string): Block {
  const text = line.trim();
  const heading = /^#{1,6}\s+(.*)$/.exec(text);
  if (heading) return { kind: "heading", text: heading[1] ?? "" };
  const bullet = /^[-*+]\s+(.*)$/.exec(text);
  if (bullet) return { kind: "bullets", items: [bullet[1] ?? ""] };
  const number = /^\d{1,3}[.)]\s+(.*)$/.exec(text);
  if (number) return { kind: "numbers", items: [number[1] ?? ""] };
  return { kind: "paragraph", text };
}

function renderBlock(block: Block) {
  switch (block.kind) {
    case "code":
      return <pre tabindex={0}>{block.text}</pre>;
    case "heading":
      return (
        <p>
          <strong>{renderInline(block.text)}</strong>
        </p>
      );
    case "paragraph":
      return <p>{renderInline(block.text)}</p>;
    case "bullets":
      return <ul>{block.items.map(renderItem)}</ul>;
    case "numbers":
      return <ol>{block.items.map(renderItem)}</ol>;
  }
}

function renderItem(item: string) {
  return <li>{renderInline(item)}</li>;
}

/** Code, bold, link, emphasis, address; bounded, so that no text takes long. */
const INLINE =
  /`([^`]{1,500})`|\*\*([^*]{1,500})\*\*|\[([^\]]{1,300})\]\(([^\s)]{1,1000})\)|(?<!\w)[*_]([^*_]{1,300})[*_](?!\w)|(https?:\/\/[^\s<>"')\]]{1,1000})/g;

function renderInline(text: string): Child[] {
  const parts: Child[] = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, bold, label, target, emphasis, address] = match;
    parts.push(text.slice(from, match.index));
    from = match.index + whole.length;
    if (code !== undefined) parts.push(<code>{code}</code>);
    else if (bold !== undefined) parts.push(<strong>{bold}</strong>);
    else if (emphasis !== undefined) parts.push(<em>{emphasis}</em>);
    else if (address !== undefined) parts.push(linkTo(address, address));
    else if (label !== undefined && target !== undefined) parts.push(linkTo(target, label) ?? whole);
  }
  return [...parts, text.slice(from)];
}

/** Null for an address that leads elsewhere than to the web or to mail. */
function linkTo(target: string, label: string) {
  const url = URL.canParse(target) ? new URL(target) : null;
  if (!url || !["http:", "https:", "mailto:"].includes(url.protocol)) return null;
  return (
    <a href={url.href} rel="noopener noreferrer" target="_blank">
      {label}
    </a>
  );
}
