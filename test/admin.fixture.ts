/** A browser as far as tests of the admin need one: it keeps cookies, and says where its requests come from. */
export function createVisitor(url: string) {
  const cookies = new Map<string, string>();
  const send = async (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set("Cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
    const response = await fetch(url + path, { redirect: "manual", ...init, headers });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === "") cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  };
  const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    send(path, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { "Sec-Fetch-Site": "same-origin", ...headers },
    });
  const proofOn = async (path: string) =>
    /name="proof" value="([^"]*)"/.exec(await (await send(path)).text())?.[1] ?? "";
  return {
    cookies,
    get: (path: string, headers?: Record<string, string>) => send(path, headers ? { headers } : {}),
    post,
    proofOn,
    async logIn(token: string, headers: Record<string, string> = {}) {
      return post("/admin/login", { token, proof: await proofOn("/admin/login") }, headers);
    },
  };
}

export async function textOf(answer: Promise<Response>): Promise<string> {
  return (await answer).text();
}

/** The part of a page that stands under this id. */
export function partOf(html: string, id: string): string {
  return new RegExp(`<section id="${id}".*?</section>`, "s").exec(html)?.[0] ?? "";
}
