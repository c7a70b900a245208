/** The query of `url` as the client wrote it, with its question mark; "" for none. */
export function queryOf(url: string): string {
  const start = url.indexOf("?");
  if (start === -1) return "";
  const end = url.indexOf("#", start);
  return url.slice(start, end === -1 ? undefined : end);
}
