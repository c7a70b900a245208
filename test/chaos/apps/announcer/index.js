export function composeWebhook(event, { config }) {
  return event.event === "signed up" ? { url: config.url, body: JSON.stringify([event.uuid]) } : null;
}
