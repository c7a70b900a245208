import { Hono, type Context } from "hono";
import {
  RedisReplyError,
  RedisUnavailableError,
  type Command,
  type RedisBackend,
  type Reply,
} from "./backend.ts";
import { encodeBase64, encodeResp2, readEncoding, type Encoding } from "./encoding.ts";
import { createExecutor, type Executor } from "./execute.ts";
import { RefusedError } from "./refused.ts";
import { readBody, readCommand, readCommands, readPath } from "./request.ts";
import { createTokenCheck } from "./token.ts";

const UNAUTHORISED =
  "WRONGPASS invalid or missing auth token: send UPSTASH_REDIS_REST_TOKEN as Authorization: Bearer <token>";

export interface RedisRestOptions {
  backend: RedisBackend;
  /** What callers present as `Authorization: Bearer <token>` or `?_token=<token>`. */
  token: string;
  /** Sees every accepted command, as the caller wrote it, before it runs. */
  onCommand?: (command: Command) => void;
}

export interface RedisRest {
  fetch(request: Request): Response | Promise<Response>;
  /**
   * Since the start: `requests` is every HTTP request, refused ones too; `commands` is what Upstash would bill, with each
   * element of a pipeline and each call inside a Lua script. Over a real server the calls inside scripts are not seen.
   */
  counters(): { commands: number; requests: number };
}

/**
 * Speaks Upstash's REST protocol over a backend: `POST /`, `/pipeline`, `/multi-exec` and `/<command>/<argument>/…`.
 *
 * Behaviour from Upstash's "REST API" page, wording of errors from its clients' reports. 400 is the caller's fault or the
 * command's own error, 401 a wrong token, 405 a method other than HEAD, GET, POST, PUT, 503 a store that did not answer
 * (commands may have taken effect). Answers to `/pipeline` and `/multi-exec` are 200 with `{"result"}` or `{"error"}` each.
 */
export function createRedisRest({ backend, token, onCommand }: RedisRestOptions): RedisRest {
  const executor = createExecutor({ backend, onCommand });
  const isAuthorised = createTokenCheck(token);
  let requests = 0;

  const app = new Hono();
  app.use(async (c, next) => {
    requests += 1;
    if (!isAuthorised(c.req.raw)) return c.json({ error: UNAUTHORISED }, 401);
    await next();
    // Clients send it back to read their own writes from replicas; here there is one copy.
    const syncToken = c.req.header("upstash-sync-token");
    if (syncToken) c.header("upstash-sync-token", syncToken);
  });

  app.on(["POST", "PUT"], "/pipeline", async (c) => {
    const encoding = readEncoding(c.req.raw.headers);
    const commands = readCommands(await readBody(c.req.raw));
    // Started in order, which is the order in which a backend runs them; another caller's may come between.
    return answerAll(c, await Promise.all(commands.map((command) => settle(executor, command))), encoding);
  });

  app.on(["POST", "PUT"], "/multi-exec", async (c) => {
    const encoding = readEncoding(c.req.raw.headers);
    const commands = readCommands(await readBody(c.req.raw)).map((command) => {
      if (command instanceof RefusedError) throw command;
      return command;
    });
    // Upstash: the RESP2 format is not applicable to transactions.
    return answerAll(c, await executor.runTransaction(commands), encoding === "resp2" ? "json" : encoding);
  });

  app.on(["GET", "POST", "PUT"], "*", async (c) => {
    const encoding = readEncoding(c.req.raw.headers);
    const url = new URL(c.req.url);
    const sendsBody = c.req.method === "POST" || c.req.method === "PUT";
    const body = sendsBody ? await readBody(c.req.raw) : "";
    const command = sendsBody && url.pathname === "/" ? readCommand(body) : readPath(url, body);
    const reply = await executor.run(command);
    if (encoding === "resp2") return octets(c, encodeResp2(reply));
    return c.json({ result: encoding === "base64" ? encodeBase64(reply) : reply });
  });

  app.all("*", (c) =>
    c.json({ error: `ERR method ${c.req.method} is not allowed: use HEAD, GET, POST or PUT` }, 405),
  );
  app.onError((error, c) => c.json({ error: error.message }, statusOf(error)));

  return {
    fetch: (request) => app.fetch(request),
    counters: () => ({ commands: executor.billedCommands(), requests }),
  };
}

function answerAll(c: Context, replies: readonly (Reply | Error)[], encoding: Encoding): Response {
  if (encoding === "resp2") return octets(c, replies.map(encodeResp2).join(""));
  const encode = encoding === "base64" ? encodeBase64 : (reply: Reply) => reply;
  return c.json(
    replies.map((reply) => (reply instanceof Error ? { error: reply.message } : { result: encode(reply) })),
  );
}

function octets(c: Context, body: string): Response {
  return c.body(body, 200, { "content-type": "application/octet-stream" });
}

async function settle(executor: Executor, command: Command | RefusedError): Promise<Reply | Error> {
  if (command instanceof RefusedError) return command;
  try {
    return await executor.run(command);
  } catch (error) {
    if (isCommandError(error)) return error;
    throw error;
  }
}

function statusOf(error: Error): 400 | 500 | 503 {
  if (isCommandError(error)) return 400;
  return error instanceof RedisUnavailableError ? 503 : 500;
}

/** In a pipeline such an error stands in its command's place; any other concerns the whole request. */
function isCommandError(error: unknown): error is RefusedError | RedisReplyError {
  return error instanceof RefusedError || error instanceof RedisReplyError;
}
