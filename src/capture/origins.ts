/**
 * Reads `ALLOWED_ORIGINS`: which pages may send events. `https://shop.example` is that origin, `https://*.shop.example` every
 * subdomain of it at any depth and not itself; without a scheme both schemes count. `*` is all, `null` what a sandboxed frame
 * or a local file sends. None at all allows all.
 * @returns whether a request with this `Origin` header is served
 */
export function createOriginCheck(allowed: readonly string[]): (origin: string) => boolean {
  const patterns = allowed.map(readPattern);
  if (patterns.length === 0 || allowed.includes("*")) return () => true;
  return (origin) => {
    const { scheme, host } = readPattern(origin);
    return patterns.some(
      (pattern) => (pattern.scheme === null || pattern.scheme === scheme) && matches(pattern.host, host),
    );
  };
}

interface OriginPattern {
  scheme: string | null;
  /** With its port, where one is given. */
  host: string;
}

function readPattern(text: string): OriginPattern {
  const lower = text.toLowerCase().replace(/\/$/, "");
  const [scheme, host] = lower.split("://", 2);
  return host === undefined ? { scheme: null, host: lower } : { scheme: scheme ?? null, host };
}

function matches(pattern: string, host: string): boolean {
  return pattern.startsWith("*.")
    ? host.endsWith(pattern.slice(1)) && host.length >= pattern.length
    : host === pattern;
}
