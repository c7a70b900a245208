import { type Site, serveSite } from "./site.ts";

/** A customer's site: pages that load the SDK from the gateway by a script tag, on another origin than its. */
export function startShop(gatewayUrl: string, token: string): Promise<Site> {
  const html = page(gatewayUrl, token);
  return serveSite(() => new Response(html, { headers: { "Content-Type": "text/html; charset=utf-8" } }));
}

/**
 * What the SDK's script finds on the page: who is to be initialised, and calls made before it was there. `?flush=<ms>` says
 * how long the SDK collects events before it sends them; the shortest that it knows otherwise.
 */
function page(gatewayUrl: string, token: string): string {
  const config = {
    api_host: gatewayUrl,
    // A browser that a program drives is taken for a bot otherwise, and its events are thrown away.
    opt_out_useragent_filter: true,
    defaults: "2025-05-24",
  };
  return `<!doctype html>
<title>Shop</title>
<h1>Shop</h1>
<button id="buy" class="primary">Buy</button>
<a id="leave" href="/other">Elsewhere</a>
<script>
  window.posthog = [["capture", "before the sdk"]];
  const config = ${JSON.stringify(config)};
  const flush = new URLSearchParams(location.search).get("flush");
  config.request_queue_config = { flush_interval_ms: Number(flush ?? 250) };
  posthog._i = [[${JSON.stringify(token)}, config, "posthog"]];
  posthog.__SV = 1;
  const script = document.createElement("script");
  script.async = true;
  script.crossOrigin = "anonymous";
  script.src = ${JSON.stringify(`${gatewayUrl}/static/array.js`)};
  document.head.append(script);
</script>
`;
}
