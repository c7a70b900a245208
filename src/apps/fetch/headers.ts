/** Every value of each header, as node-fetch's `headers.raw()` gives them. */
export function rawHeaders(headers: Headers): Record<string, string[]> {
  const raw: Record<string, string[]> = {};
  for (const [name, value] of headers) (raw[name] ??= []).push(value);
  return raw;
}

/** `Headers` of node-fetch; the platform takes them for its own. */
export class NodeFetchHeaders extends globalThis.Headers {
  raw(): Record<string, string[]> {
    return rawHeaders(this);
  }
}
