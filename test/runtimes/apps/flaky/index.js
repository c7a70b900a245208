import { unzip } from "zlib";

let failed = false;

export async function onEvent(event) {
  if (event.event !== "fragile") return;
  console.log("got", { event: event.event, uuid: event.uuid });
  if (failed) return;
  failed = true;
  throw new RetryError("once");
}

// Promises that nobody waits for, each failing in its own way.
function forget(address) {
  void new Promise((_resolve, reject) => reject(new Error("rejected"))).then(() => {});
  void new Promise(() => {
    throw new Error("thrown in an executor");
  }).then(() => {});
  void (async () => {
    await null;
    throw "thrown after an await";
  })();
  void fetch(address);
}

// Fails where no caller is left, and no promise.
function unpack() {
  unzip("no archive", (error) => {
    throw new Error(`thrown in a callback: ${error.message}`);
  });
}

// Ends only because the gateway cuts it.
export function processEvent(event) {
  if (event.event === "forgetful") forget(event.properties.address);
  if (event.event === "packed") unpack();
  if (event.event === "endless") while (true) event.turns = (event.turns || 0) + 1;
  return event;
}
