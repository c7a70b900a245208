import type { Instance } from "../apps/instance.ts";
import { runHook } from "../apps/run-hook.ts";
import type { EmbeddedGateway } from "./embedded-gateway.ts";

/** One of the extensions in an app's `meta`, to be called from a test instead of a hook. Each call is work of its own. */
export function extensionOf<Extension extends object>(
  edge: EmbeddedGateway,
  ready: () => Promise<Instance>,
  of: (meta: never) => Extension,
): Extension {
  const call = async (name: string, values: unknown[]) => {
    const instance = await ready();
    return edge.work((scope) =>
      runHook(instance, "test", scope, (meta) => {
        const extension = of(meta as never) as Record<string, (...given: unknown[]) => unknown>;
        return extension[name]?.(...values);
      }),
    );
  };
  return new Proxy({} as Extension, {
    get:
      (_, name) =>
      (...values: unknown[]) =>
        call(String(name), values),
  });
}
