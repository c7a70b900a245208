export async function processEvent(event, { cache }) {
  event.properties.visit = await cache.incr(event.distinct_id, 600);
  return event;
}
