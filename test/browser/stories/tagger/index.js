export function processEvent(event) {
  return { ...event, properties: { ...event.properties, tagged: true } };
}
