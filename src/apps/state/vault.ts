import { Buffer } from "node:buffer";

const VECTOR_BYTES = 12;

/** Keeps secrets from whoever can read Redis: AES-GCM, as base64url of a random vector and the ciphertext. */
export interface Vault {
  /** `place` is bound to the value: a sealed value that is moved elsewhere does not open. */
  seal(text: string, place: string): Promise<string>;
  /** Null when the value was sealed with another key, or for another place. */
  unseal(sealed: string, place: string): Promise<string | null>;
}

/** A vault under a key of 32 bytes; null without a key, since then no secret may be stored. */
export function createVault(
  key: Uint8Array | null,
  randomBytes: (count: number) => Uint8Array,
): Vault | null {
  if (!key) return null;
  // Imported at each use: on Workers a promise must not be shared between requests.
  const importKey = () =>
    crypto.subtle.importKey("raw", Buffer.from(key), "AES-GCM", false, ["encrypt", "decrypt"]);
  const parameters = (vector: Uint8Array, place: string) => ({
    name: "AES-GCM",
    iv: Buffer.from(vector),
    additionalData: Buffer.from(place),
  });
  return {
    async seal(text, place) {
      const vector = randomBytes(VECTOR_BYTES);
      const ciphertext = await crypto.subtle.encrypt(
        parameters(vector, place),
        await importKey(),
        Buffer.from(text),
      );
      return Buffer.concat([vector, Buffer.from(ciphertext)]).toString("base64url");
    },

    async unseal(sealed, place) {
      const bytes = Buffer.from(sealed, "base64url");
      const vector = bytes.subarray(0, VECTOR_BYTES);
      try {
        const text = await crypto.subtle.decrypt(
          parameters(vector, place),
          await importKey(),
          bytes.subarray(VECTOR_BYTES),
        );
        return Buffer.from(text).toString();
      } catch {
        // WebCrypto does not say why it cannot be opened.
        return null;
      }
    },
  };
}

/** Where a secret field of an app belongs, to bind its value to. */
export function secretPlace(project: string, plugin: string, field: string): string {
  return JSON.stringify([project, plugin, field]);
}
