/** Paths of one purpose that SDKs call on their host. */
export interface Family {
  /** Hono's pattern; `/x/*` is `/x` too. */
  route: string;
  /** Whether PostHog serves it from its asset host. */
  assets?: true;
  /** Whether a request may be refused at once, because PostHog would refuse it for lack of a token. */
  lacksCredentials?(request: Request): boolean;
}

/**
 * All that is passed on to PostHog. A list of what SDKs are known to need rather than "everything else": this gateway is
 * nobody's way to PostHog's own pages.
 */
export const FAMILIES: readonly Family[] = [
  { route: "/static/*", assets: true },
  { route: "/array/*", assets: true },
  { route: "/flags/*" },
  { route: "/decide/*" },
  { route: "/api/*" },
  { route: "/site_app/*" },
  { route: "/public/*" },
  { route: "/i/v1/logs/*", lacksCredentials: lacksToken },
  { route: "/i/v1/traces/*", lacksCredentials: lacksToken },
  { route: "/i/v1/metrics/*", lacksCredentials: lacksToken },
  { route: "/i/v0/ai", lacksCredentials: lacksBearer },
  { route: "/i/v0/ai/otel/*", lacksCredentials: lacksBearer },
];

/**
 * The path to ask PostHog for: as the client wrote it, without the gateway's prefix. The slash at its end is kept, because
 * PostHog answers with a redirect where it misses one. Null when the path leaves its family, by dots however encoded.
 * @param routed the path by which the request was routed, without prefix and last slash
 */
export function targetPath(routed: string, url: string, family: Family): string | null {
  // Parsed as a URL it is what a server will make of it: dots resolved, backslashes turned.
  const { pathname } = new URL(`http://gateway.invalid${routed}`);
  if (climbs(pathname)) return null;
  const path = new URL(url).pathname.endsWith("/") ? `${pathname}/` : pathname;
  const base = family.route.replace(/\/\*$/, "");
  const inside = family.route === base ? path === `${base}/` : path.startsWith(`${base}/`);
  return path === base || inside ? path : null;
}

/** Whether a server that decodes before it resolves would leave the folder. */
function climbs(pathname: string): boolean {
  try {
    return decodeURIComponent(pathname).split(/[/\\]/).includes("..");
  } catch {
    // Not decodable, so no server sees dots in it.
    return false;
  }
}

function lacksBearer(request: Request): boolean {
  return !/^bearer\s+\S/i.test(request.headers.get("authorization") ?? "");
}

/** OTLP exporters carry the project's token in the query or as a bearer. */
function lacksToken(request: Request): boolean {
  return !new URL(request.url).searchParams.get("token") && lacksBearer(request);
}
