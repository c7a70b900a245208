import { requireInvocation } from "./scope.ts";

const API_TIMEOUT_MS = 30_000;

/** Options of a call of PostHog's API, as the reference promises them. */
export interface ApiOptions {
  data?: Record<string, unknown>;
  host?: string;
  headers?: Record<string, string>;
  projectApiKey?: string;
  personalApiKey?: string;
}

/** `posthog.api`: PostHog's HTTP API with the project's keys filled in. HTTP errors do not throw (runtime 4.6). */
export type AppApi = Record<
  "get" | "post" | "put" | "patch" | "delete",
  (path: string, options?: ApiOptions) => Promise<Response>
>;

/** What the gateway knows of PostHog. */
export interface PostHogAccess {
  /** Null when the gateway sends to no PostHog. */
  host: string | null;
  personalApiKey: string | null;
}

const DEFAULT_HOST = "https://app.posthog.com";

/** `fetch` is the app's own, so that calls are counted and kept alive like its others. */
export function createAppApi(options: {
  project: string;
  teamId: number;
  posthog: PostHogAccess;
  fetch: (url: string, init: RequestInit) => Promise<Response>;
}): AppApi {
  const method =
    (name: "GET" | "POST" | "PUT" | "PATCH" | "DELETE") =>
    async (path: string, given: ApiOptions = {}): Promise<Response> => {
      requireInvocation("posthog.api");
      if ((given.projectApiKey === undefined) !== (given.personalApiKey === undefined)) {
        throw new Error("You must specify a personalApiKey if you specify a projectApiKey and vice-versa!");
      }
      const hasBody = name === "POST" || name === "PUT" || name === "PATCH";
      const headers: Record<string, string> = {
        Authorization: `Bearer ${given.personalApiKey ?? options.posthog.personalApiKey ?? ""}`,
        ...(name === "POST" || name === "PATCH" ? { "Content-Type": "application/json" } : {}),
        ...given.headers,
      };
      return options.fetch(addressOf(path, given, hasBody), {
        method: name,
        headers,
        ...(hasBody ? { body: JSON.stringify(given.data ?? {}) } : {}),
        signal: AbortSignal.timeout(API_TIMEOUT_MS),
      });
    };

  /** `data` goes before the token, which stands last (documented for get and delete, decisions 24). */
  function addressOf(path: string, { data, host, projectApiKey }: ApiOptions, hasBody: boolean): string {
    const base = (host ?? options.posthog.host ?? DEFAULT_HOST).replace(/\/$/, "");
    const relative = path.replace(/^\//, "").replace("@current", String(options.teamId));
    const query = new URLSearchParams();
    if (!hasBody) {
      for (const [name, value] of Object.entries(data ?? {})) query.append(name, textOf(value));
    }
    query.append("token", projectApiKey ?? options.project);
    return `${base}/${relative}${relative.includes("?") ? "&" : "?"}${query}`;
  }

  return {
    get: method("GET"),
    post: method("POST"),
    put: method("PUT"),
    patch: method("PATCH"),
    delete: method("DELETE"),
  };
}

function textOf(value: unknown): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}
