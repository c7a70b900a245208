export async function setupPlugin({ cache }) {
  if ((await cache.incr("attempts")) < 2) throw new RetryError("not yet");
}

export function runEveryMinute() {
  console.log("awake");
}
