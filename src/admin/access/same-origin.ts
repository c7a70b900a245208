/**
 * Whether a request was made by a page of this gateway, by what browsers say of themselves: `Sec-Fetch-Site`, and `Origin`
 * where they do not send that. Hosts are compared without the scheme, since TLS often ends before the gateway; `publicUrl`
 * counts as its own address too, for what changes the host on the way.
 */
export function isSameOrigin(request: Request, publicUrl: string): boolean {
  const site = request.headers.get("Sec-Fetch-Site");
  if (site !== null) return site === "same-origin";
  const origin = request.headers.get("Origin");
  if (origin === null || !URL.canParse(origin)) return false;
  return [request.url, publicUrl].some((own) => new URL(own).host === new URL(origin).host);
}
