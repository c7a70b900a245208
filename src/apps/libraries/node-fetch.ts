import { createAppFetch } from "../fetch.ts";

/** `node-fetch` for apps: the same function as their global `fetch`, which finds the work it belongs to by itself. */
export default createAppFetch((input, init) => fetch(input, init));

export { AbortError, FetchError } from "../fetch/errors.ts";
export { NodeFetchHeaders as Headers } from "../fetch/headers.ts";
export const { Request, Response } = globalThis;

export function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}
