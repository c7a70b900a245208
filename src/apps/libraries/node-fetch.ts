import { type AppFetch, createAppFetch } from "../fetch.ts";
import { currentInvocation } from "../scope.ts";

/** For what an app sends while its module is being evaluated, before it belongs to any work. */
const platformFetch = createAppFetch((input, init) => fetch(input, init));

/** `node-fetch` for apps: their global `fetch`, found by the work under way since all instances share this module. */
const appFetch: AppFetch = (input, init) =>
  (currentInvocation.getStore()?.instance.fetch ?? platformFetch)(input, init);

export default appFetch;

export { AbortError, FetchError } from "../fetch/errors.ts";
export { NodeFetchHeaders as Headers } from "../fetch/headers.ts";
export const { Request, Response } = globalThis;

export function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}
