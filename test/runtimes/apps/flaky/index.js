let failed = false;

export async function onEvent(event) {
  if (event.event !== "fragile") return;
  console.log("got", { event: event.event, uuid: event.uuid });
  if (failed) return;
  failed = true;
  throw new RetryError("once");
}

// Ends only because the gateway cuts it.
export function processEvent(event) {
  if (event.event === "endless") while (true) event.turns = (event.turns || 0) + 1;
  return event;
}
