export function processEvent(event, { config, attachments }) {
  const { amount, currency } = event.properties ?? {};
  if (typeof amount !== "number") return event;
  const lines = String(attachments.rates?.contents ?? "").split("\n");
  const rate = Number(lines.map((line) => line.split(";")).find(([name]) => name === currency)?.[1] ?? 1);
  console.log(`${amount} ${currency} at ${rate}`);
  const signed = config.apiKey ? { rate_key_length: config.apiKey.length } : {};
  return { ...event, properties: { ...event.properties, amount_eur: amount * rate, ...signed } };
}
