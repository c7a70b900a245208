/**
 * The client's address behind the proxies that are trusted: the last one of `X-Forwarded-For` that is not a trusted
 * proxy, and only if the connection itself comes from one. Anyone else could write what they like there (decisions 30).
 */
export function clientAddress(
  connection: string | null,
  forwardedFor: string | null,
  trustedProxies: readonly string[],
): string | null {
  const peer = connection?.replace(/^::ffff:(?=\d+\.)/, "") ?? null;
  if (peer === null || forwardedFor === null || !trustedProxies.includes(peer)) return peer;
  const hops = forwardedFor
    .split(",")
    .map((hop) => hop.trim())
    .filter(Boolean);
  return hops.findLast((hop) => !trustedProxies.includes(hop)) ?? hops[0] ?? peer;
}
