export async function onEvent(event, { config }) {
  if (event.event === "broken") throw new Error("this app has a fault");
  if (event.event === "hopeless") throw new RetryError("this will never be");
  if (event.event !== "ordered") return;
  const body = JSON.stringify([event.uuid]);
  const response = await fetch(config.url, { method: "POST", body }).catch((error) => {
    throw new RetryError(error.message);
  });
  if (!response.ok) throw new RetryError(`the shop answered ${response.status}`);
}
