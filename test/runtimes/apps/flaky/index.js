let failed = false;

export async function onEvent(event) {
  if (event.event !== "fragile") return;
  console.log("got", { event: event.event, uuid: event.uuid });
  if (failed) return;
  failed = true;
  throw new RetryError("once");
}
