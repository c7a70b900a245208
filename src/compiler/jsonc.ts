import { type Expression, parse, type Property, type SpreadElement } from "acorn";
import type { Place } from "./faults.ts";

/** A parsed file that remembers where its values stand. */
export interface JsonDocument {
  value: unknown;
  /** Where the value at `path` stands; of a path that does not exist, the nearest value around it. */
  placeOf(path: readonly PropertyKey[]): Place;
  /** First and last + 1 offset of the value at `path` in the text; undefined where there is none. */
  rangeOf(path: readonly PropertyKey[]): { start: number; end: number } | undefined;
}

/** The text is not JSON, even with comments and trailing commas allowed. */
export class JsonError extends Error {
  override readonly name = "JsonError";
  readonly place: Place;

  constructor(message: string, place: Place) {
    super(message);
    this.place = place;
  }
}

/**
 * Reads JSON with comments and trailing commas, as PostHog's reference prints it. JSON is a subset of JavaScript's
 * expressions, so the JavaScript parser reads it, which gives exact places for free. Throws `JsonError`.
 */
export function readJsonc(text: string): JsonDocument {
  const content = text.replace(/^\uFEFF/, "");
  const root = parseExpression(content);
  const nodes = new Map<string, Expression>();
  const value = evaluate(root, [], nodes);
  // Offsets differ by the parenthesis added before the text and the byte order mark taken off it.
  const shift = text.length - content.length - 1;
  return {
    value,
    placeOf(path) {
      for (let length = path.length; length > 0; length -= 1) {
        const node = nodes.get(keyOf(path.slice(0, length)));
        if (node) return placeAt(node);
      }
      return placeAt(root);
    },
    rangeOf(path) {
      const node = nodes.get(keyOf(path));
      return node && { start: node.start + shift, end: node.end + shift };
    },
  };
}

/** The parser reads a program: in parentheses an object is an expression and not a block. */
function parseExpression(text: string): Expression {
  try {
    const { body } = parse(`(${text}\n)`, { ecmaVersion: "latest", locations: true });
    const [statement] = body;
    if (statement?.type === "ExpressionStatement" && body.length === 1) return statement.expression;
  } catch (error) {
    if (!(error instanceof SyntaxError) || !("loc" in error)) throw error;
    if (text.trim() === "") throw new JsonError("The file is empty", { line: 1, column: 1 });
    const message = error.message.replace(/ \(\d+:\d+\)$/, "");
    throw new JsonError(`Not JSON: ${message}`, fromParser(error.loc as Place));
  }
  throw new JsonError("Expected one JSON value", { line: 1, column: 1 });
}

function evaluate(node: Expression, path: readonly PropertyKey[], nodes: Map<string, Expression>): unknown {
  nodes.set(keyOf(path), node);
  switch (node.type) {
    case "Literal":
      if (typeof node.value === "string" && !node.raw?.startsWith('"')) break;
      if (typeof node.value === "bigint" || node.regex) break;
      return node.value;
    case "UnaryExpression":
      if (node.operator !== "-" || node.argument.type !== "Literal") break;
      if (typeof node.argument.value !== "number") break;
      return -node.argument.value;
    case "ArrayExpression":
      return node.elements.map((element, index) => {
        if (!element || element.type === "SpreadElement") throw notJson(element ?? node);
        return evaluate(element, [...path, index], nodes);
      });
    case "ObjectExpression":
      return Object.fromEntries(
        node.properties.map((property) => {
          const key = keyOfProperty(property);
          return [key, evaluate((property as Property).value, [...path, key], nodes)];
        }),
      );
    default:
  }
  throw notJson(node);
}

function keyOfProperty(property: Property | SpreadElement): string {
  if (property.type === "Property" && property.kind === "init" && !property.computed && !property.method) {
    const { key } = property;
    if (key.type === "Literal" && typeof key.value === "string" && key.raw?.startsWith('"')) return key.value;
  }
  throw new JsonError("A key must be a text in double quotes", placeAt(property));
}

function notJson(node: { loc?: { start: Place } | null }): JsonError {
  return new JsonError("This is JavaScript, not JSON", placeAt(node));
}

function placeAt(node: { loc?: { start: Place } | null }): Place {
  return fromParser(node.loc?.start ?? { line: 1, column: 0 });
}

/** The parser counts columns from 0, and the first line carries the parenthesis added before it. */
function fromParser({ line, column }: Place): Place {
  return { line, column: Math.max(1, line === 1 ? column : column + 1) };
}

function keyOf(path: readonly PropertyKey[]): string {
  return JSON.stringify(path.map(String));
}
