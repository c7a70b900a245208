import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";

/** An event of this generation is refused: apps that answer their own events must end (decisions 23). */
export const MAX_GENERATIONS = 10;

/** Carries the generation of an event that an app sends to this very gateway over HTTP: `<n>.<signature>`. */
export const GENERATION_HEADER = "X-Edgehog-Generation";

/** How the gateway tells its own apps' requests from a client's. */
export interface Generations {
  /** The header's value. */
  seal(generation: number): string;
  /** The generation that a header proves; 0, a client's, where there is none or where it proves nothing. */
  read(header: string | null | undefined): number;
}

/**
 * Signs with a key derived from QStash's current signing key, and believes the next one as well, so that a rotation
 * interrupts nothing. A header that somebody got hold of only makes events end earlier.
 */
export function createGenerations(keys: { currentSigningKey: string; nextSigningKey: string }): Generations {
  const sign = (key: string, generation: number) =>
    createHmac("sha256", key).update(`edgehog generation ${generation}`).digest();
  return {
    seal: (generation) => `${generation}.${sign(keys.currentSigningKey, generation).toString("base64url")}`,
    read(header) {
      const [, text, signature] = /^(\d{1,2})\.([\w-]{43})$/.exec(header ?? "") ?? [];
      if (!text || !signature) return 0;
      const generation = Number(text);
      const given = Buffer.from(signature, "base64url");
      const isOurs = [keys.currentSigningKey, keys.nextSigningKey].some((key) =>
        timingSafeEqual(given, sign(key, generation)),
      );
      return isOurs ? generation : 0;
    },
  };
}

/** What is said of an event that is refused. */
export function endlessLoop(what: string): string {
  return `${what} refused: ${MAX_GENERATIONS} events in a row each led to the next one, which looks like an endless loop`;
}
