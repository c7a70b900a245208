/**
 * A number for a project, because apps know their project as `team_id`. The same token has the same number in every
 * deployment: 31 bits of FNV-1a, never 0.
 */
export function teamIdOf(token: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < token.length; index += 1) {
    hash = Math.imul(hash ^ token.charCodeAt(index), 0x01000193);
  }
  return hash >>> 1 || 1;
}
