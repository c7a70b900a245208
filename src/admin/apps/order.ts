/** An app and its place in the chain, among the positions of `apps.json`. */
export interface OrderedApp {
  plugin: string;
  order: number;
}

/**
 * The orders that bring an app to a position of the chain, from 1. As a rule one: its own, between those of its new
 * neighbours. Where these leave no room, all apps are numbered anew. Empty when it stands there already.
 */
export function ordersFor(chain: readonly OrderedApp[], plugin: string, position: number): OrderedApp[] {
  const index = chain.findIndex((app) => app.plugin === plugin);
  const moved = chain[index];
  const others = chain.filter((app) => app !== moved);
  const target = Math.min(Math.max(0, position - 1), others.length);
  if (!moved || target === index) return [];
  const [before, after] = [others[target - 1]?.order ?? null, others[target]?.order ?? null];
  const order = between(before, after);
  if (order !== null) return [{ plugin, order }];
  const chained = others.toSpliced(target, 0, moved);
  return chained.map((app, place) => ({ plugin: app.plugin, order: place + 1 }));
}

/** A number between two, null being no bound; null when there is none, because they are equal or too near. */
function between(before: number | null, after: number | null): number | null {
  if (before === null || after === null) return (before ?? (after ?? 1) - 2) + 1;
  const middle = (before + after) / 2;
  return before < middle && middle < after ? middle : null;
}
