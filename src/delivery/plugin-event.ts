import type { Properties } from "../event.ts";
import { copyJson } from "../json.ts";
import type { ProcessedEvent } from "../pipeline/index.ts";

/** An element of an autocaptured event's path, innermost first (runtime 3.6). */
export interface EventElement {
  attributes: Record<string, unknown>;
  order: number;
  tag_name?: string;
  /** As the page has it: names with blanks between them. */
  attr_class?: unknown;
  attr_id?: string;
  href?: string;
  nth_child?: number;
  nth_of_type?: number;
  text?: string;
  /** The text once more, by the name that it came with. */
  $el_text?: string;
}

/** What `onEvent` and `exportEvents` receive: PostHog's processed shape. */
export interface ProcessedPluginEvent {
  distinct_id: string;
  ip: string | null;
  team_id: number;
  event: string;
  properties: Properties;
  /** ISO, always present. */
  timestamp: string;
  /** What the properties hold by these names, so that apps may read either. */
  $set?: Properties;
  $set_once?: Properties;
  uuid: string;
  elements: EventElement[];
}

/**
 * A copy that an app may change as it likes; `$elements` moves out of the properties. Its members stand in PostHog's
 * order, since apps send it on as JSON.
 */
export function toPluginEvent(event: ProcessedEvent, teamId: number): ProcessedPluginEvent {
  const { $elements: elements, ...properties } = ingestedProperties(event);
  const { $set, $set_once } = properties;
  return {
    distinct_id: event.distinct_id,
    ip: event.ip,
    team_id: teamId,
    event: event.event,
    properties,
    timestamp: event.timestamp,
    ...(isObject($set) ? { $set } : {}),
    ...(isObject($set_once) ? { $set_once } : {}),
    uuid: event.uuid,
    elements: Array.isArray(elements) ? elements.filter(isObject).map(toElement) : [],
  };
}

/**
 * A copy of an event's properties as PostHog's ingestion completed them before any app saw the event again: with what
 * stood beside them in `$set` and `$set_once`, and with the client's address as `$ip`.
 */
export function ingestedProperties({ properties, $set, $set_once, ip }: ProcessedEvent): Properties {
  const ingested = copyJson(properties);
  for (const [name, beside] of Object.entries({ $set, $set_once })) {
    if (!isObject(beside)) continue;
    const within = ingested[name];
    ingested[name] = { ...(isObject(within) ? within : {}), ...copyJson(beside) };
  }
  if (ip !== null && !("$ip" in ingested)) ingested["$ip"] = ip;
  return ingested;
}

function toElement(raw: Record<string, unknown>, order: number): EventElement {
  const attributes = Object.fromEntries(Object.entries(raw).filter(([name]) => name.startsWith("attr__")));
  const element: EventElement = { attributes, order };
  if (typeof raw["tag_name"] === "string") element.tag_name = raw["tag_name"];
  if (raw["attr__class"]) element.attr_class = raw["attr__class"];
  if (typeof raw["attr__id"] === "string") element.attr_id = raw["attr__id"];
  if (typeof raw["attr__href"] === "string") element.href = raw["attr__href"].slice(0, 2048);
  if (typeof raw["nth_child"] === "number") element.nth_child = raw["nth_child"];
  if (typeof raw["nth_of_type"] === "number") element.nth_of_type = raw["nth_of_type"];
  const text = raw["$el_text"] ?? raw["text"];
  if (typeof text === "string" && text !== "") element.$el_text = element.text = text.slice(0, 400);
  return element;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
