import { describe, expect, test } from "vitest";
import { readBody } from "./body.ts";
import { DEFAULT_LIMITS } from "./limits.ts";

const LIMITS = { ...DEFAULT_LIMITS, maxWireBytes: 10, bodyPauseMs: 20 };

function post(chunks: readonly string[], options: { length?: string; open?: boolean; fails?: boolean } = {}) {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      if (options.fails) controller.error(new Error("connection reset"));
      else if (!options.open) controller.close();
    },
  });
  const headers: Record<string, string> =
    options.length === undefined ? {} : { "content-length": options.length };
  return new Request("http://edge/e", { method: "POST", body, headers, duplex: "half" } as RequestInit);
}
const text = async (request: Request) => new TextDecoder().decode(await readBody(request, LIMITS));

describe("a request body", () => {
  test("is read whole, with and without a Content-Length", async () => {
    expect(await text(post(["01234", "56789"]))).toBe("0123456789");
    expect(await text(post(["01234", "56789"], { length: "10" }))).toBe("0123456789");
    expect(await text(post(["0"], { length: "many" }))).toBe("0");
    expect(await text(post([]))).toBe("");
    expect(await text(new Request("http://edge/e"))).toBe("");
  });

  test("above the limit is refused with 413: announced, streamed, or longer than announced", async () => {
    for (const request of [
      post(["0"], { length: "11" }),
      post(["01234", "567890"]),
      post(["01234567890"], { length: "3" }),
    ]) {
      await expect(readBody(request, LIMITS)).rejects.toMatchObject({
        status: 413,
        code: "request_too_large",
      });
    }
  });

  test("that stalls or breaks off is refused with 408", async () => {
    for (const request of [
      post(["0"], { open: true }),
      post(["0"], { open: true, length: "2" }),
      post(["0"], { fails: true }),
      post(["0"], { fails: true, length: "2" }),
    ]) {
      await expect(readBody(request, LIMITS)).rejects.toMatchObject({
        status: 408,
        message: "client stopped sending data",
      });
    }
  });
});
