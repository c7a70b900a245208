export interface Rules {
  /** Names of query parameters; one that ends in a star stands for all that begin like it. */
  removedParameters: readonly string[];
  /** `keep routes` keeps a fragment that names a page of its own, as `#/settings` does. */
  fragment: "keep" | "keep routes" | "remove";
  removesTrailingSlash: boolean;
}

/** Stands in for the origin of a path that comes without one. */
const ANY_ORIGIN = "http://path.invalid";

/**
 * Writes an http address, or a path of one, in its one form: host in lower case, no default port, parameters by name.
 * How values are encoded stays as it is. Anything else (`$direct`, `about:blank`, `not a url`) is returned as it came.
 */
export function normaliseUrl(text: string, rules: Rules): string {
  const isPath = /^\/(?![/\\])/.test(text);
  if (!isPath && !/^https?:\/\//i.test(text)) return text;
  let url: URL;
  try {
    url = new URL(isPath ? ANY_ORIGIN + text : text);
  } catch {
    // Told by a client, so it may be anything; what cannot be read is not ours to mend.
    return text;
  }
  const query = normaliseQuery(url.search, rules);
  // With its own question mark, since URL takes the first one off, and a parameter may begin with one.
  url.search = query === "" ? "" : `?${query}`;
  url.hash = keepsFragment(url.hash, rules) ? url.hash : "";
  if (rules.removesTrailingSlash) url.pathname = withoutTrailingSlash(url.pathname);
  return isPath ? url.href.slice(ANY_ORIGIN.length) : url.href;
}

/** Sorted by name; parameters of the same name keep their order, which may mean something. */
function normaliseQuery(search: string, { removedParameters }: Rules): string {
  return search
    .slice(1)
    .split("&")
    .map((parameter) => ({ parameter, name: parameter.split("=", 1)[0] ?? "" }))
    .filter(
      ({ parameter, name }) => parameter !== "" && !removedParameters.some((rule) => covers(rule, name)),
    )
    .toSorted((a, b) => compare(a.name, b.name))
    .map(({ parameter }) => parameter)
    .join("&");
}

function covers(rule: string, name: string): boolean {
  return rule.endsWith("*") ? name.startsWith(rule.slice(0, -1)) : name === rule;
}

/** By character, not by language: the order must not depend on where the app runs. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function keepsFragment(hash: string, { fragment }: Rules): boolean {
  if (fragment === "keep routes") return /^#!?\//.test(hash);
  return fragment === "keep";
}

/** The root's slash is the path itself. */
function withoutTrailingSlash(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end -= 1;
  return path.slice(0, end);
}
