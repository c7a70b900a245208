import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { deploy } from "./deploy.ts";

describe("fetch", () => {
  test.each<[string, string, object]>([
    ["by an address", "await fetch(HOOK + '/a?b=1')", { method: "GET", path: "/a?b=1" }],
    ["by a URL", "await fetch(new URL('/a', HOOK))", { path: "/a" }],
    [
      "with a method in lower case",
      "await fetch(HOOK, { method: 'post', body: 'x' })",
      { method: "POST", body: "x" },
    ],
    [
      "with patch in lower case",
      "await fetch(HOOK, { method: 'patch', body: 'x' })",
      { method: "PATCH", body: "x" },
    ],
    [
      "with a body of JSON and headers",
      "await fetch(HOOK, { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: 'Basic ' + Buffer.from('a:b').toString('base64') }, body: JSON.stringify({ a: 1 }) })",
      { json: { a: 1 }, headers: { authorization: "Basic YTpi" } },
    ],
    [
      "with a Buffer as its body",
      "await fetch(HOOK, { method: 'POST', body: Buffer.from('bytes') })",
      { body: "bytes" },
    ],
    [
      "with a form as its body",
      "await fetch(HOOK, { method: 'POST', body: new URLSearchParams({ a: '1' }) })",
      { body: "a=1" },
    ],
    ["with a timeout", "await fetch(HOOK, { timeout: 5000 })", { method: "GET" }],
    ["of node-fetch", "await (require('node-fetch'))(HOOK)", { method: "GET" }],
    ["of node-fetch's default", "await (require('node-fetch').default)(HOOK)", { method: "GET" }],
    ["that nobody awaits", "fetch(HOOK + '/later')", { path: "/later" }],
    [
      "with agent and other options of node-fetch",
      "await fetch(HOOK, { agent: null, compress: true, follow: 3, size: 0 })",
      { method: "GET" },
    ],
  ])("asks %s [326]", async (_what, source, expected) => {
    const edge = await deploy({ app: `export async function onEvent() { ${source} }` });
    await edge.send("e");
    expect(edge.hook.requests).toMatchObject([expected]);
    expect(edge.messages()).toEqual([]);
  });

  test.each<[string, string]>([
    ["status and ok", "[r.status, r.ok, r.statusText]"],
    ["JSON", "await r.json()"],
    ["text", "await r.text()"],
    ["a Buffer", "[Buffer.isBuffer(await r.clone().arrayBuffer()), (await r.buffer()).toString()]"],
    ["headers", "[r.headers.get('content-type'), r.headers.get('X-None')]"],
    ["headers, raw", "r.headers.raw()['x-own']"],
    [
      "a body that can be read in pieces",
      "await (async () => { let text = ''; for await (const chunk of r.body) text += Buffer.from(chunk).toString(); return text })()",
    ],
  ])("answers with %s", async (_what, expression) => {
    const edge = await deploy({
      app: `export async function onEvent() { const r = await fetch(HOOK); console.log(JSON.stringify(${expression})) }`,
    });
    edge.hook.answerWith(() => Response.json({ a: 1 }, { headers: { "X-Own": "b" } }));
    await edge.send("e");
    const expected: Record<string, unknown> = {
      "status and ok": [200, true, "OK"],
      JSON: { a: 1 },
      text: '{"a":1}',
      "a Buffer": [false, '{"a":1}'],
      headers: ["application/json", null],
      "headers, raw": ["b"],
      "a body that can be read in pieces": '{"a":1}',
    };
    expect(edge.messages().map((message) => JSON.parse(message) as unknown)).toEqual([expected[_what]]);
  });

  test("names itself as node-fetch does, unless the app names itself", async () => {
    const edge = await deploy({
      app: "export async function onEvent() { await fetch(HOOK); await fetch(HOOK, { headers: { 'user-agent': 'mine', accept: 'text/plain' } }); await fetch(new Request(HOOK, { headers: { Accept: 'text/html', 'X-Own': '1' } })) }",
    });
    await edge.send("e");
    const node = expect.stringMatching(/^node-fetch\/1\.0 /);
    expect(edge.hook.requests.map(({ headers }) => headers)).toMatchObject([
      { accept: "*/*", "user-agent": node },
      { accept: "text/plain", "user-agent": "mine" },
      { accept: "text/html", "user-agent": node, "x-own": "1" },
    ]);
  });

  test("answers as node-fetch does when it is printed", async () => {
    const edge = await deploy({
      app: "export async function onEvent() { const answer = await fetch(HOOK, { timeout: 5000 }); console.log(JSON.stringify(answer), String(answer), JSON.stringify(answer.clone())) }",
    });
    await edge.send("e");
    expect(edge.messages()).toEqual(['{"size":0,"timeout":5000} [object Response] {"size":0,"timeout":0}']);
  });

  test("rejects with a FetchError when nobody listens [327]", async () => {
    const edge = await deploy({
      app: "export async function onEvent() { try { await fetch('http://127.0.0.1:1/') } catch (error) { console.log(error.name, error instanceof Error, /^request to http:.*failed/.test(error.message)) } }",
    });
    await edge.send("e");
    expect(edge.messages()).toEqual(["FetchError true true"]);
  });

  test("says what the system said", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await once(closed, "close");
    const edge = await deploy({
      app: `export async function onEvent() { await fetch('http://127.0.0.1:${port}/').catch(({ message, type, code, errno }) => console.log(message, type, code, errno)) }`,
    });
    await edge.send("e");
    const message = `request to http://127.0.0.1:${port}/ failed, reason: connect ECONNREFUSED 127.0.0.1:${port}`;
    expect(edge.messages()).toEqual([`${message} system ECONNREFUSED ECONNREFUSED`]);
  });

  test("rejects with a FetchError for an answer that is not the JSON it is read as", async () => {
    const edge = await deploy({
      app: "export async function onEvent() { const answer = await fetch(HOOK); await answer.json().catch(({ name, type, message }) => console.log(name, type, message.replace(HOOK, ''))) }",
    });
    edge.hook.answerWith(() => new Response("<html>"));
    await edge.send("e");
    const message = expect.stringMatching(
      /^FetchError invalid-json invalid json response body at .* reason: Unexpected token/,
    );
    expect(edge.messages()).toEqual([message]);
  });

  test("rejects with a FetchError when its timeout has passed", async () => {
    const edge = await deploy({
      app: "export async function onEvent() { await fetch(HOOK, { timeout: 20 }).catch((error) => console.log(error.name, error.type)) }",
    });
    edge.hook.answerWith(() => new Promise(() => {}));
    await edge.send("e");
    expect(edge.messages()).toEqual(["FetchError request-timeout"]);
  });

  test("rejects with a FetchError when its body does not come in time, or breaks off", async () => {
    const server = createServer((socket) => {
      socket.once("data", (request) => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        if (String(request).startsWith("GET /broken")) socket.end();
      });
    }).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const edge = await deploy({
      app: `export async function onEvent({ event }) { const answer = await fetch('${url}' + event, { timeout: event === 'late' ? 100 : 0 }); await answer.text().catch(({ name, type, message }) => console.log(name, type, message)) }`,
    });
    await edge.send("late");
    await edge.send("broken");
    const broken = "FetchError system Invalid response body while trying to fetch";
    expect(edge.messages()).toEqual([
      `FetchError body-timeout Response timeout while trying to fetch ${url}late (over 100ms)`,
      expect.stringMatching(new RegExp(`^${broken} ${url}broken: .`)),
    ]);
  });

  test("says that a body was read before, as the platform does", async () => {
    const edge = await deploy({
      app: "export async function onEvent() { const answer = await fetch(HOOK); await answer.text(); await answer.json().catch(({ name }) => console.log(name)) }",
    });
    await edge.send("e");
    expect(edge.messages()).toEqual(["TypeError"]);
  });

  test("rejects with a FetchError for an address that is none", async () => {
    const edge = await deploy({
      app: "export async function onEvent() { await fetch('not an address').catch((error) => console.log(error.name)) }",
    });
    await edge.send("e");
    expect(edge.messages()).toEqual(["FetchError"]);
  });
});
