export async function setupPlugin({ global }) {
  global.ready = true;
}

export async function processEvent(event, { cache, global }) {
  event.properties.visit = await cache.incr(event.distinct_id);
  event.properties.ready = global.ready;
  return event;
}
