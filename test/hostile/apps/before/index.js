export function processEvent(event) {
  event.properties = { ...event.properties, before: [1, 2, 3].map((n) => n * 2) };
  return event;
}
