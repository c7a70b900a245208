/**
 * The types of the other host libraries, so that apps are checked without installing them. No top-level import, as in
 * `scaffold-types.d.ts`.
 */
// oxlint-disable typescript/no-explicit-any -- the published types say so
declare module "@posthog/plugin-contrib" {
  export interface BufferOptions {
    limit: number;
    timeoutSeconds: number;
    onFlush: (objects: any[], points: number) => unknown;
  }

  export function createBuffer(options: Partial<BufferOptions>): {
    _buffer: any[];
    _timeout: unknown;
    _points: number;
    _options: BufferOptions;
    add(object: any, points?: number): void;
    flush(): Promise<void>;
  };
}

declare module "@posthog/plugin-scaffold/test/utils" {
  type Module = typeof import("./plugin-scaffold/test-utils.ts");
  export const createEvent: Module["createEvent"];
  export const createPageview: Module["createPageview"];
  export const createIdentify: Module["createIdentify"];
  export const clone: Module["clone"];
  export const createCache: Module["createCache"];
  export const getMeta: () => any;
  export const resetMeta: (overrides?: Record<string, unknown>) => any;
}

declare module "@posthog/plugin-scaffold/test/utils.js" {
  export * from "@posthog/plugin-scaffold/test/utils";
}

declare module "node-fetch" {
  type Fetch = ReturnType<typeof import("../fetch.ts").createAppFetch>;
  const fetch: Fetch;
  export default fetch;
  export type RequestInit = NonNullable<Parameters<Fetch>[1]>;
  export type RequestInfo = Parameters<Fetch>[0];
  export type HeadersInit = NonNullable<RequestInit["headers"]>;
  export type BodyInit = NonNullable<RequestInit["body"]>;
  export const isRedirect: (status: number) => boolean;
  export class Headers extends globalThis.Headers {
    raw(): Record<string, string[]>;
  }
  export class Request extends globalThis.Request {}
  export type Response = Awaited<ReturnType<Fetch>>;
  export const Response: typeof globalThis.Response;
  export class FetchError extends Error {
    type: string;
  }
  export class AbortError extends Error {
    type: "aborted";
  }
}
