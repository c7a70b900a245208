import { ApiError } from "./api-error.ts";

/**
 * Returns `name` if QStash would take it as the name of a queue, schedule, URL group, flow-control key or label, else
 * throws an ApiError (400). The names go into Redis keys: what passes here cannot leave its own key.
 */
export function resourceName(kind: string, name: string): string {
  if (/^[a-zA-Z0-9_.-]+$/.test(name)) return name;
  throw new ApiError(
    400,
    `${kind} "${name}" is invalid: use only letters, digits, hyphens, periods and underscores.`,
  );
}
