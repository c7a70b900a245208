import type { Properties } from "../event.ts";
import { copyJson } from "../json.ts";
import type { ProcessedEvent } from "../pipeline/index.ts";

/** An element of an autocaptured event's path, innermost first (runtime 3.6). */
export interface EventElement {
  text?: string;
  tag_name?: string;
  href?: string;
  attr_class?: string[];
  attr_id?: string;
  nth_child?: number;
  nth_of_type?: number;
  attributes: Record<string, unknown>;
  order: number;
}

/** What `onEvent` and `exportEvents` receive: PostHog's processed shape. */
export interface ProcessedPluginEvent {
  uuid: string;
  event: string;
  distinct_id: string;
  team_id: number;
  ip: string | null;
  properties: Properties;
  /** ISO, always present. */
  timestamp: string;
  $set?: Properties;
  $set_once?: Properties;
  elements: EventElement[];
}

/** A copy that an app may change as it likes; `$elements` moves out of the properties. */
export function toPluginEvent(event: ProcessedEvent, teamId: number): ProcessedPluginEvent {
  const { $elements: elements, ...properties } = copyJson(event.properties);
  return {
    ...event,
    team_id: teamId,
    properties,
    elements: Array.isArray(elements) ? elements.filter(isObject).map(toElement) : [],
  };
}

function toElement(raw: Record<string, unknown>, order: number): EventElement {
  const element: EventElement = {
    attributes: Object.fromEntries(Object.entries(raw).filter(([name]) => name.startsWith("attr__"))),
    order,
  };
  const text = raw["$el_text"] ?? raw["text"];
  if (typeof text === "string") element.text = text.slice(0, 400);
  if (typeof raw["tag_name"] === "string") element.tag_name = raw["tag_name"];
  if (typeof raw["attr__href"] === "string") element.href = raw["attr__href"].slice(0, 2048);
  if (typeof raw["attr__class"] === "string")
    element.attr_class = raw["attr__class"].split(" ").filter(Boolean);
  if (Array.isArray(raw["attr__class"])) element.attr_class = raw["attr__class"].map(String);
  if (typeof raw["attr__id"] === "string") element.attr_id = raw["attr__id"];
  if (typeof raw["nth_child"] === "number") element.nth_child = raw["nth_child"];
  if (typeof raw["nth_of_type"] === "number") element.nth_of_type = raw["nth_of_type"];
  return element;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
