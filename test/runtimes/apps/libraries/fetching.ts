import nodeFetch, { AbortError, FetchError, Headers, isRedirect, Request, Response } from "node-fetch";
import { PassThrough, pipeline, Readable } from "stream";
import { parse, URLSearchParams } from "url";
import { promisify } from "util";

/** What another server saw of a request. */
const echo = async (url: string, init: object) => (await nodeFetch(`${url}/echo`, { method: "post", ...init })).json();

/** A body such as the package form-data makes: a stream that knows its boundary. */
function formData(): PassThrough {
  const form = new PassThrough();
  form.end("--b--");
  return Object.assign(form, { getBoundary: () => "b" });
}

const failure = async (failing: Promise<unknown>) => {
  try {
    return await failing;
  } catch (error) {
    const { name, type } = error as FetchError;
    return [name, type, error instanceof FetchError || error instanceof AbortError];
  }
};

/** node-fetch 2 at work; results are the same everywhere. */
export const fetching: Record<string, Record<string, (url: string) => unknown>> = {
  "node-fetch": {
    "named exports": () => [
      new Headers({ a: "1" }).raw(),
      new Request("http://a.b/", { method: "POST" }).method,
      new Response("text").status,
      isRedirect(302),
    ],
    "default is callable": () => typeof nodeFetch,
    "text and json": async (url) => [await (await nodeFetch(`${url}/text`)).text(), (await echo(url, {})).method],
    "response.buffer": async (url) => {
      const buffer = await (await nodeFetch(`${url}/text`)).buffer();
      return [Buffer.isBuffer(buffer), buffer.toString()];
    },
    "response.clone": async (url) => {
      const response = await nodeFetch(`${url}/text`);
      return [(await response.clone().buffer()).toString(), await response.text()];
    },
    "headers.raw": async (url) => (await nodeFetch(`${url}/text`)).headers.raw()["set-cookie"],
    "body.pipe": async (url) => {
      const chunks = [];
      const { body } = await nodeFetch(`${url}/text`);
      for await (const chunk of body.pipe(new PassThrough())) chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    },
    "body.on": async (url) => {
      const { body } = await nodeFetch(`${url}/text`);
      return new Promise((resolve) => {
        let text = "";
        body.on("data", (chunk) => (text += chunk));
        body.on("end", () => resolve(text));
      });
    },
    "body is read in a loop": async (url) => {
      let text = "";
      for await (const chunk of (await nodeFetch(`${url}/text`)).body) text += chunk;
      return text;
    },
    "body is read when it is readable": async (url) => {
      const { body } = await nodeFetch(`${url}/text`);
      body.setEncoding("utf8").pause();
      return new Promise((resolve) => {
        let text = "";
        body.on("readable", () => (text += body.read() ?? "")).on("end", () => resolve(text));
      });
    },
    "body through a pipeline": async (url) => {
      const { body } = await nodeFetch(`${url}/text`);
      const end = new PassThrough();
      await promisify(pipeline)(body, end);
      return String(end.read());
    },
    "Buffer as body": (url) => echo(url, { body: Buffer.from("bytes") }),
    "URLSearchParams as body": (url) => echo(url, { body: new URLSearchParams({ a: "1" }) }),
    "stream as body": (url) => echo(url, { body: Readable.from([Buffer.from("str"), Buffer.from("eam")]) }),
    "form-data as body": (url) => echo(url, { body: formData() }),
    "FormData as body": async (url) => {
      const form = new FormData();
      form.append("field", "value");
      const seen = await echo(url, { body: form });
      return [seen.type.split(";")[0], seen.body.includes("value")];
    },
    "agent, follow and compress": async (url) =>
      (await nodeFetch(`${url}/text`, { agent: {}, follow: 3, compress: true } as never)).status,
    "redirect: follow": async (url) => (await nodeFetch(`${url}/redirect`)).status,
    "redirect: manual": async (url) => {
      const { status, headers } = await nodeFetch(`${url}/redirect`, { redirect: "manual" });
      return [status, headers.get("location")];
    },
    "redirect: error": (url) => failure(nodeFetch(`${url}/redirect`, { redirect: "error" })),
    "size that is kept": async (url) => (await nodeFetch(`${url}/text`, { size: 1000 } as never)).text(),
    "size that is exceeded": (url) =>
      failure(nodeFetch(`${url}/text`, { size: 3 } as never).then((response) => response.text())),
    timeout: (url) => failure(nodeFetch(`${url}/silence`, { timeout: 50 } as never)),
    "timeout of the body": (url) =>
      failure(nodeFetch(`${url}/half`, { timeout: 200 } as never).then((response) => response.text())),
    "a name and password in the address": async (url) =>
      (await echo(url.replace("://", "://me:p%40ss@"), {})).authorization,
    "an address as url.parse gives it": async (url) => (await nodeFetch(parse(`${url}/text`) as never)).text(),
    abort: (url) => {
      const controller = new AbortController();
      const answer = failure(nodeFetch(`${url}/silence`, { signal: controller.signal }));
      controller.abort();
      return answer;
    },
    "nobody there": () => failure(nodeFetch("http://127.0.0.1:1/")),
  },
};
