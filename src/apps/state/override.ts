import type { AppDefinition, BundledAttachment } from "../definition.ts";
import type { StoredAttachment } from "./attachments.ts";

/** What an admin has changed about an app in one project, over `apps.json`. */
export interface Override {
  /** Grows whenever the app has to be set up afresh: its configuration changed, or it was enabled again. */
  revision: number;
  enabled?: boolean;
  /** Where the app stands in the chain, among the positions of `apps.json`. */
  order?: number;
  /** Values by field, but for secret ones. */
  config?: Readonly<Record<string, unknown>>;
  /** Sealed values of secret fields. */
  secrets?: Readonly<Record<string, string>>;
  /** Uploaded files, by field. */
  attachments?: Readonly<Record<string, StoredAttachment>>;
}

/** How what an override keeps elsewhere, or sealed, is read; null where that is not possible any more. */
export interface OverrideReader {
  unseal(sealed: string, field: string): Promise<string | null>;
  /** Rejects when Redis does not answer. */
  attachment(stored: StoredAttachment, field: string): Promise<BundledAttachment | null>;
}

/**
 * An app as the admin wants it: its configuration and files over those of the bundle. What cannot be read is reported by
 * field and left out, as if it were unset.
 */
export async function applyOverride(
  bundled: AppDefinition,
  { revision, config, secrets = {}, attachments = {} }: Override,
  reader: OverrideReader,
  onUnreadable: (field: string, kind: "secret" | "attachment") => void,
): Promise<AppDefinition> {
  const merged: Record<string, unknown> = { ...bundled.config, ...config };
  for (const [field, sealed] of Object.entries(secrets)) {
    const text = await reader.unseal(sealed, field);
    merged[field] = text ?? undefined;
    if (text === null) onUnreadable(field, "secret");
  }
  const files = { ...bundled.attachments };
  for (const [field, stored] of Object.entries(attachments)) {
    const file = await reader.attachment(stored, field);
    if (file) files[field] = file;
    else onUnreadable(field, "attachment");
  }
  return { ...bundled, revision, config: merged, attachments: files };
}

interface Ordered {
  bundled: AppDefinition;
  override: Override | null;
}

/** The chain's order: by the admin's `order` where there is one, else by position; at a tie a moved app goes first. */
export function byOrder(a: Ordered, b: Ordered): number {
  const orderOf = ({ override, bundled }: Ordered) => override?.order ?? bundled.id;
  const isMoved = ({ override }: Ordered) => (override?.order === undefined ? 1 : 0);
  return orderOf(a) - orderOf(b) || isMoved(a) - isMoved(b) || a.bundled.id - b.bundled.id;
}
