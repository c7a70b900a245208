/** Headers that concern one connection and never its next hop (RFC 9110 §7.6.1). */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** Names of the headers that end here, lower case: the usual ones and those that `Connection` lists. */
export function hopByHopHeaders(headers: Headers): Set<string> {
  const listed = (headers.get("connection") ?? "").toLowerCase().split(",");
  return new Set([...HOP_BY_HOP, ...listed.map((name) => name.trim())]);
}
