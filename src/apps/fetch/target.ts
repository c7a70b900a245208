import { Buffer } from "node:buffer";

/** What apps hand to `fetch`: an address, the platform's own request, or what Node's `url.parse` returns. */
export type FetchInput = string | URL | Request | { href: string };

/** The address that is asked for, as text. */
export function addressOf(input: FetchInput): string {
  if (input instanceof Request) return input.url;
  // node-fetch takes whatever has an href; an app in JavaScript may also hand over what has none.
  const { href } = Object(input) as { href?: unknown };
  const text = String(href ?? input);
  // As node-fetch has it in its answers and errors: `https://x.example/` for `https://x.example`.
  return URL.parse(text)?.href ?? text;
}

/**
 * What the platform is asked for. A name and password in the address go into a header, as node-fetch sends them:
 * platforms refuse such addresses. `headers` are changed; one of the app's own wins.
 */
export function targetOf(input: FetchInput, headers: Headers): string | Request {
  if (input instanceof Request) return input;
  const address = addressOf(input);
  if (!address.includes("@") || !URL.canParse(address)) return address;
  const url = new URL(address);
  if (url.username === "" && url.password === "") return address;
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  if (!headers.has("Authorization")) {
    headers.set("Authorization", `Basic ${Buffer.from(credentials).toString("base64")}`);
  }
  url.username = "";
  url.password = "";
  return url.href;
}
