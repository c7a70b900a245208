import { corsHeaders } from "./capture/cors.ts";
import type { Gateway } from "./gateway.ts";

/**
 * Stands in for the gateway while settings are missing or malformed, on platforms that cannot refuse to start: every
 * route but health answers 503 with one line per fault, so that SDKs keep their events until a person has mended it.
 */
export function createMisconfigured(faults: readonly string[]): Gateway {
  return {
    fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/_gateway/health") return Response.json({ status: "misconfigured", faults });
      const detail = `Edgehog is not configured:\n${faults.join("\n")}`;
      return Response.json(
        { type: "server_error", code: "misconfigured", detail, error: detail, faults },
        { status: 503, headers: { ...corsHeaders(request), "Retry-After": "60" } },
      );
    },
    stop: () => Promise.resolve(),
    unhandledRejection() {},
    uncaughtException: () => false,
    async scheduled() {
      throw new Error(`no scheduled task runs while settings are faulty: ${faults.join("; ")}`);
    },
  };
}
