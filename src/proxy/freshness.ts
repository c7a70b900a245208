/**
 * For how many seconds from its making a shared cache may give out an answer: `s-maxage`, else `max-age`; 0 when it says
 * neither, or forbids it. `Expires` and heuristics are not consulted: what PostHog does not say is not kept.
 */
export function freshForSeconds(headers: Headers): number {
  const directives = (headers.get("cache-control") ?? "")
    .toLowerCase()
    .split(",")
    .map((part) => part.trim());
  if (directives.some((directive) => /^(no-store|no-cache|private)\b/.test(directive))) return 0;
  return seconds(directives, "s-maxage") ?? seconds(directives, "max-age") ?? 0;
}

function seconds(directives: readonly string[], name: string): number | null {
  const directive = directives.find((candidate) => candidate.startsWith(`${name}=`));
  const value = directive?.slice(name.length + 1).replaceAll('"', "") ?? "";
  return /^\d+$/.test(value) ? Number(value) : null;
}
