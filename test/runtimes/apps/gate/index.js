// No export at all: top-level functions count then.
function processEvent(event) {
  return event.event === "noise" ? null : event;
}
