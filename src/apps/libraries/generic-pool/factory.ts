import type { Factory } from "generic-pool";

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5000;

/**
 * A factory as it is, but slower to fail: the package asks one that fails again at once, until whoever waits gives up.
 * Without pauses that would be thousands of connections, or a loop that leaves the processor to nobody.
 */
export function withPauses<Resource>(factory: Factory<Resource>): Factory<Resource> {
  let pauseMs = FIRST_PAUSE_MS;
  return {
    async create() {
      try {
        const resource = await factory.create();
        pauseMs = FIRST_PAUSE_MS;
        return resource;
      } catch (error) {
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS);
        throw error;
      }
    },
    destroy: async (resource) => factory.destroy(resource),
    ...(factory.validate && { validate: async (resource) => factory.validate?.(resource) ?? true }),
  };
}
