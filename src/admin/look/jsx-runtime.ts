export type { JSX } from "hono/jsx/jsx-runtime";

/**
 * Turns the JSX of the admin's pages into text: elements, components that are plain functions, fragments. Whatever is
 * not markup made here is escaped, in content and in attributes. It stands in for hono's own runtime, whose types it
 * has, because that also knows promises, contexts and streams, and would be a tenth of the admin.
 */
export function jsx(type: string | Component, props: Props): Markup {
  return typeof type === "string" ? markup(element(type, props)) : asMarkup(type(props));
}

export { jsx as jsxs, jsx as jsxDEV };

/** The same with children as arguments, which takes less room: what the compiler calls in a Worker's code. */
export function createElement(type: string | Component, props: Props | null, ...children: unknown[]): Markup {
  return jsx(type, children.length === 0 ? (props ?? {}) : { ...props, children });
}

export function Fragment({ children }: Props): Markup {
  return markup(textOf(children));
}

/** Markup that is escaped already. No event and no app can make one: what comes as JSON has no symbols. */
interface Markup {
  readonly [MARKUP]: string;
  toString(): string;
}

interface Props {
  readonly [name: string]: unknown;
  readonly children?: unknown;
}

type Component = (props: Props) => unknown;

const MARKUP = Symbol("markup");

/** Elements that have no content, and so no end. Those of SVG are not among them. */
const VOID = new Set(["br", "hr", "img", "input", "link", "meta"]);

/** Attributes that count by being there. All others are written as `true` or `false`. */
const FLAGS = new Set([
  "autofocus",
  "checked",
  "defer",
  "disabled",
  "multiple",
  "open",
  "required",
  "selected",
]);

function markup(text: string): Markup {
  return { [MARKUP]: text, toString: () => text };
}

function asMarkup(made: unknown): Markup {
  return isMarkup(made) ? made : markup(textOf(made));
}

function isMarkup(value: unknown): value is Markup {
  return typeof value === "object" && value !== null && MARKUP in value;
}

function element(tag: string, { children, ...attributes }: Props): string {
  let text = `<${tag}`;
  for (const [name, value] of Object.entries(attributes)) text += attribute(name, value);
  return VOID.has(tag) ? `${text}/>` : `${text}>${textOf(children)}</${tag}>`;
}

function attribute(name: string, value: unknown): string {
  if (value === undefined || value === null) return "";
  if (FLAGS.has(name)) return value ? ` ${name}=""` : "";
  return ` ${name}="${escape(String(value))}"`;
}

function textOf(child: unknown): string {
  if (child === undefined || child === null || typeof child === "boolean") return "";
  if (Array.isArray(child)) return child.map(textOf).join("");
  return isMarkup(child) ? child[MARKUP] : escape(String(child));
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}
