import type { Command } from "../redis/backend.ts";
import { ApiError } from "./api-error.ts";
import type { StoredBody } from "./body.ts";
import { deduplicationKey, findDuplicate, holdCommand } from "./deduplication.ts";
import { parseDestination } from "./destination.ts";
import { commit, type Engine, makeDue } from "./engine.ts";
import { limitCommands } from "./flow-store.ts";
import type { Message } from "./message.ts";
import { insertCommands } from "./message-store.ts";
import { advanceQueue, enqueueCommands } from "./queue.ts";
import { parseSettings, type PublishSettings } from "./settings.ts";
import { type Endpoint, readUrlGroup } from "./url-groups.ts";

const DEFAULT_RETRIES = 3;

export interface PublishRequest {
  /** An http(s) address, or the name of a URL group. */
  destination: string;
  /** `Upstash-*` settings, forwarded headers and Content-Type. */
  headers: Headers;
  body: StoredBody;
  queueName?: string | undefined;
  scheduleId?: string | undefined;
  callerIP?: string | undefined;
}

export interface Published {
  messageId: string;
  /** The endpoint, when the message went to a URL group. */
  url?: string;
  /** The id is that of an earlier message, and nothing was published. */
  deduplicated?: true;
}

/**
 * Accepts a message: it is in Redis when this resolves. A URL group yields a list, one message per endpoint. Throws an
 * ApiError for settings that QStash would refuse. Costs one transaction, and a read when deduplication is asked for.
 */
export async function publish(engine: Engine, request: PublishRequest): Promise<Published | Published[]> {
  const settings = parseSettings(request.headers);
  const messages = await createMessages(engine, request, settings);
  const published: Published[] = [];
  for (const message of messages) published.push(await accept(engine, message, settings));
  engine.wake();
  const [first] = published;
  return first !== undefined && messages[0]?.topicName === undefined ? first : published;
}

/** Makes the messages of a request without storing them: one, or one per endpoint of the URL group. */
export async function createMessages(
  engine: Engine,
  request: PublishRequest,
  settings: PublishSettings,
): Promise<Message[]> {
  const destination = parseDestination(request.destination);
  if ("url" in destination) return [createMessage(engine, request, settings, destination, undefined)];
  const group = await readUrlGroup(engine.backend, destination.urlGroup);
  return group.endpoints.map((endpoint) => createMessage(engine, request, settings, endpoint, group.name));
}

/** Makes one message for one endpoint without storing it. */
export function createMessage(
  engine: Engine,
  request: PublishRequest,
  settings: PublishSettings,
  endpoint: Endpoint,
  topicName: string | undefined,
): Message {
  const now = engine.clock.now();
  const { contentType, forwarded } = settings;
  return {
    messageId: engine.newId("msg"),
    url: endpoint.url,
    method: settings.method ?? "POST",
    headers: { ...(contentType === undefined ? {} : { "Content-Type": contentType }), ...forwarded },
    body: request.body,
    maxRetries: settings.maxRetries ?? DEFAULT_RETRIES,
    retryDelay: settings.retryDelay,
    timeoutMs: settings.timeoutMs,
    createdAt: now,
    notBefore: settings.notBefore ?? now + (settings.delayMs ?? 0),
    callback: settings.callback,
    failureCallback: settings.failureCallback,
    queueName: request.queueName,
    scheduleId: request.scheduleId,
    topicName,
    endpointName: endpoint.name,
    callerIP: request.callerIP,
    labels: settings.labels ?? [],
    flowControl: settings.flowControl,
    redact: settings.redact,
  };
}

async function accept(engine: Engine, message: Message, settings: PublishSettings): Promise<Published> {
  const url = message.topicName === undefined ? {} : { url: message.url };
  const key = deduplicationKey(settings, message);
  if (key === undefined) {
    await store(engine, message, []);
    return { messageId: message.messageId, ...url };
  }
  return engine.deduplicating(async () => {
    const messageId = await findDuplicate(engine, key);
    if (messageId !== undefined) {
      engine.counters.deduplicated++;
      return { messageId, ...url, deduplicated: true };
    }
    // In one transaction with the message: an id that is held without its message would swallow the publisher's retry.
    await store(engine, message, [holdCommand(engine, key, message.messageId)]);
    return { messageId: message.messageId, ...url };
  });
}

async function store(engine: Engine, message: Message, more: readonly Command[]): Promise<void> {
  await commit(engine, [...more, ...acceptCommands(engine, message)]);
  engine.counters.published++;
  if (message.queueName === undefined) makeDue(engine, message.messageId, message.notBefore);
  else await engine.moving(() => placeMessages(engine, [message]));
}

/** Stores a message; `placeMessages` must follow. */
export function acceptCommands(engine: Engine, message: Message): Command[] {
  return [...insertCommands(message), ...admitCommands(engine, message)];
}

/** What makes a stored message known, whether it is new or comes back from the dead letters. */
export function admitCommands(engine: Engine, message: Message): Command[] {
  const { messageId, queueName, flowControl, notBefore } = message;
  const now = engine.clock.now();
  return [
    ...engine.events.commands(message, "CREATED", { nextDeliveryTime: notBefore }),
    ...(flowControl === undefined ? [] : limitCommands(flowControl, now)),
    ...(queueName === undefined ? [] : enqueueCommands(queueName, messageId, now)),
  ];
}

/** Gives stored messages their time, or their turn in their queues. Call within `engine.moving`. */
export async function placeMessages(engine: Engine, messages: readonly Message[]): Promise<void> {
  for (const { messageId, queueName, notBefore } of messages) {
    if (queueName === undefined) makeDue(engine, messageId, notBefore);
    else await advanceQueue(engine, queueName);
  }
  engine.wake();
}

/** The refusal of a message above the limit (QStash: HTTP 412). */
export function messageTooLarge(engine: Engine): ApiError {
  return new ApiError(412, `message is larger than the limit of ${engine.maxMessageBytes} bytes: split it.`);
}
