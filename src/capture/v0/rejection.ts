import { CaptureError } from "../errors.ts";

/** Why an event of a batch is not accepted, with the answer that a request gets which holds no better one. */
const REJECTIONS = {
  malformed: "failed to parse request: an event is not an object",
  missing_event_name:
    "failed to hydrate events from request: non-engage request missing event name attribute",
  invalid_event_name: "failed to parse request: event must be a string",
  empty_event_name: "event submitted with an empty event name",
  missing_distinct_id: "event submitted without a distinct_id",
  invalid_uuid: "failed to parse request: uuid is not a UUID",
  invalid_properties: "failed to parse request: properties must be an object",
  invalid_set: "failed to parse request: $set and $set_once must be objects",
  invalid_timestamp: "failed to parse request: timestamp must be a string",
  invalid_offset: "failed to parse request: offset must be a number of ms",
  invalid_cookieless_mode: "event submitted with invalid cookieless mode",
  too_deep: "failed to parse request: an event is nested too deeply",
} as const;

/** A fault of one event; `performance_event` is none: PostHog takes such events and throws them away. */
export type Rejection = keyof typeof REJECTIONS | "performance_event";

/** The answer to a request in which `rejection` is what is wrong with the first unusable event. */
export function rejectionError(rejection: Exclude<Rejection, "performance_event">): CaptureError {
  return new CaptureError(400, rejection, REJECTIONS[rejection]);
}
