export function processEvent(event) {
  if (event.event === "noise") return null;
  return { ...event, properties: { ...event.properties, gate: "passed" } };
}
