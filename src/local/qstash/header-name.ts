/** `x-my-header` ─► `X-My-Header`: the case in which QStash's API shows header names. */
export function canonicalHeaderName(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}
