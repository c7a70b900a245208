import { Buffer } from "node:buffer";
import { keys } from "../../keys.ts";
import { describeStoreError, type Store } from "../../store.ts";
import type { BundledAttachment } from "../definition.ts";
import type { Vault } from "./vault.ts";

/** Decisions 14. */
export const MAX_ATTACHMENT_BYTES = 10_000_000;

/** Upstash takes 10 MB a request; parts of this size arrive within the time that a command has. */
const PART_CHARACTERS = 1_000_000;
const PARTS_PER_REQUEST = 4;

/** A file that an admin has uploaded for a field, as the override has it. Its content is in keys of its own. */
export interface StoredAttachment {
  /** Names the content: another upload is another id, so that nobody reads half of each. */
  id: string;
  content_type: string;
  file_name: string;
  bytes: number;
  /** In how many parts the content is stored. */
  parts: number;
  /** The content is sealed, because the field is secret. */
  sealed?: true;
}

/** Where an attachment belongs. */
export interface AttachmentPlace {
  project: string;
  plugin: string;
  field: string;
}

export interface NewAttachment {
  id: string;
  content_type: string;
  file_name: string;
  content: Uint8Array;
}

/** Uploaded files in Redis: base64 in parts of a million characters, one request each. */
export interface Attachments {
  /** One command and request a part, 14 for the largest file. With a vault the content is sealed. Rejects when Redis does. */
  store(place: AttachmentPlace, file: NewAttachment, vault: Vault | null): Promise<StoredAttachment>;
  /** Null when it is gone, or cannot be opened. One command for each four parts. Rejects when Redis does not answer. */
  read(
    place: AttachmentPlace,
    stored: StoredAttachment,
    vault: Vault | null,
  ): Promise<BundledAttachment | null>;
  /** Deletes the content that nothing refers to any more, a day later: isolates may still be reading it. */
  release(place: AttachmentPlace, stored: StoredAttachment): Promise<void>;
}

export function createAttachments(store: Store): Attachments {
  return {
    async store(place, { content, ...file }, vault) {
      const base64 = Buffer.from(content).toString("base64");
      const text = vault ? await vault.seal(base64, sealingPlace(place)) : base64;
      const parts = Math.max(1, Math.ceil(text.length / PART_CHARACTERS));
      const stored: StoredAttachment = {
        ...file,
        bytes: content.byteLength,
        parts,
        ...(vault ? { sealed: true } : {}),
      };
      for (const [index, key] of keysOf(place, stored).entries()) {
        await store.set(key, text.slice(index * PART_CHARACTERS, (index + 1) * PART_CHARACTERS));
      }
      return stored;
    },

    async read(place, stored, vault) {
      const names = keysOf(place, stored);
      const texts: (string | null)[] = [];
      try {
        for (let from = 0; from < names.length; from += PARTS_PER_REQUEST) {
          texts.push(
            ...(await store.mget<(string | null)[]>(...names.slice(from, from + PARTS_PER_REQUEST))),
          );
        }
      } catch (error) {
        throw new Error(`Redis could not be reached: ${describeStoreError(error)}`, { cause: error });
      }
      if (texts.includes(null)) return null;
      const text = texts.join("");
      const contents = stored.sealed ? await vault?.unseal(text, sealingPlace(place)) : text;
      if (contents === null || contents === undefined) return null;
      return { content_type: stored.content_type, file_name: stored.file_name, contents };
    },

    async release(place, stored) {
      const pipeline = store.pipeline();
      for (const key of keysOf(place, stored)) pipeline.expire(key, keys.attachmentReleasedTtlSeconds);
      await pipeline.exec();
    },
  };
}

function keysOf({ project, plugin }: AttachmentPlace, { id, parts }: StoredAttachment): string[] {
  return Array.from({ length: parts }, (_, part) => keys.attachment(project, plugin, id, part));
}

function sealingPlace({ project, plugin, field }: AttachmentPlace): string {
  return JSON.stringify([project, plugin, field, "attachment"]);
}
