// Each event waits for the server, which the test has answer when it likes.
export async function processEvent(event, { config }) {
  await fetch(`${config.url}/at-work`);
  // Nobody waits for this one.
  void fetch(`${config.url}/background`);
  return event;
}

export function teardownPlugin() {
  posthog.capture("torn down");
}
