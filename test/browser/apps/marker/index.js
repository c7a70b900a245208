export function processEvent(event) {
  event.properties = { ...event.properties, seen_by: "marker" };
  return event;
}
