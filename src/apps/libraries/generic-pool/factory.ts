import type { Factory } from "generic-pool";

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5000;

/**
 * A factory that fails slowly: the package asks a failing one again at once, until whoever waits gives up. Without
 * pauses that would be thousands of connections, or a loop that blocks everything else.
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
