import { keys } from "./keys.ts";
import type { Settings } from "./settings.ts";
import type { Store } from "./store.ts";

/** The projects that this gateway serves. */
export interface Projects {
  /** Any token is served (`PROJECT_TOKENS=*`). */
  isOpen: boolean;
  serves(token: string): boolean;
  /** Remembers a token that sent events; needed, and costing a Redis command per isolate and token, only for `*`. */
  note(token: string): Promise<unknown> | undefined;
  /** All projects served; with `*`, those that sent events within a day. */
  list(): Promise<readonly string[]>;
}

export function createProjects(served: Settings["projects"], store: Store): Projects {
  if (served !== "*") {
    const tokens = new Set(served);
    return {
      isOpen: false,
      serves: (token) => tokens.has(token),
      note: () => undefined,
      list: async () => served,
    };
  }
  const noted = new Set<string>();
  return {
    isOpen: true,
    serves: () => true,
    note(token) {
      if (noted.has(token)) return undefined;
      noted.add(token);
      const remembered = store
        .multi()
        .sadd(keys.projectsSeen, token)
        .expire(keys.projectsSeen, keys.projectsSeenTtlSeconds)
        .exec();
      return remembered.catch(() => noted.delete(token));
    },
    list: async () => (await store.smembers(keys.projectsSeen)).map(String),
  };
}
