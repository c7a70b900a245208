const SCRIPT = `"'><script>window.hacked='app'</script><img src=x onerror="window.hacked='app'">`;

export function processEvent(event) {
  console.warn(`saw ${event.event} ${SCRIPT}`);
  if (event.properties?.outcome === "throw") throw new Error(`processEvent ${SCRIPT}`);
  return { ...event, properties: { ...event.properties, [SCRIPT]: SCRIPT } };
}

export function onEvent(event) {
  throw new Error(`onEvent ${SCRIPT} ${event.event}`);
}

export function runEveryDay() {}

export const jobs = { refresh() {} };
