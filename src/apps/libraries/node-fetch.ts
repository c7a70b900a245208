import { createAppFetch } from "../fetch.ts";

/** `node-fetch` for apps: the same function as their global `fetch`, which finds the work it belongs to by itself. */
export default createAppFetch((input, init) => fetch(input, init));

export { FetchError } from "../fetch.ts";
export const { Headers, Request, Response } = globalThis;
