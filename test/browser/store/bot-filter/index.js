export function processEvent(event, { config }) {
  const agent = String(event.properties?.$raw_user_agent ?? "").toLowerCase();
  const parts = config.agents.split(",").map((part) => part.trim());
  if (parts.some((part) => part !== "" && agent.includes(part))) return null;
  return event;
}
