export function processEvent(event) {
  return event.event === "spam" ? null : event;
}
