import type { AppDefinition } from "../definition.ts";

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
}

/**
 * An app as the admin wants it: its configuration over that of the bundle. A secret that `unseal` cannot open (null) is
 * reported by field and left out, as an unset one is.
 */
export async function applyOverride(
  bundled: AppDefinition,
  { revision, config, secrets = {} }: Override,
  unseal: (sealed: string, field: string) => Promise<string | null>,
  onUnreadable: (field: string) => void,
): Promise<AppDefinition> {
  const merged: Record<string, unknown> = { ...bundled.config, ...config };
  for (const [field, sealed] of Object.entries(secrets)) {
    const text = await unseal(sealed, field);
    merged[field] = text ?? undefined;
    if (text === null) onUnreadable(field);
  }
  return { ...bundled, revision, config: merged };
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
