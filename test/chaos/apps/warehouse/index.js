export async function exportEvents(events, { config }) {
  const body = JSON.stringify(events.map(({ uuid }) => uuid));
  const response = await fetch(config.url, { method: "POST", body }).catch((error) => {
    throw new RetryError(error.message);
  });
  if (!response.ok) throw new RetryError(`the warehouse answered ${response.status}`);
}
