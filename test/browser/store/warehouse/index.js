export async function onEvent(event, { config }) {
  const response = await fetch(config.url, { method: "POST", body: JSON.stringify(event) });
  if (!response.ok) throw new Error(`the warehouse answered ${response.status}: ${await response.text()}`);
}
