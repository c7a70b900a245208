import type { RedisResult } from "js-redis-server/core";
import { RedisReplyError, type Reply } from "./backend.ts";
import type { WireReply } from "./wire-reply.ts";

type EngineValue = RedisResult["value"];

/** Shapes a value of the in-process engine, which speaks in RESP3 types, as RESP2 would. Throws RedisReplyError for an error. */
export function readEngineValue(value: EngineValue): WireReply {
  if (value.kind === "array") return value.items.map(partOf);
  const reply = partOf(value);
  if (reply instanceof Error) throw reply;
  return reply;
}

function partOf(value: EngineValue): Reply | Error {
  return value.kind === "error" ? new RedisReplyError(errorText(value)) : shape(value);
}

function shape(value: EngineValue): Reply {
  switch (value.kind) {
    case "simple-string":
      return value.value;
    case "bulk-string":
      return value.value === null ? null : value.value.toString();
    case "verbatim":
    case "big-number":
      return value.value.toString();
    case "integer":
      return Number(value.value);
    case "double":
      return doubleText(value.value);
    case "boolean":
      return value.value ? 1 : 0;
    case "array":
    case "set":
      return value.items.map(shape);
    case "push":
      return [value.name, ...value.items.map(shape)];
    case "map":
    case "flat-pairs":
      return value.entries.flat().map(shape);
    case "map-pairs":
      return value.entries.map((pair) => pair.map(shape));
    case "null":
    case "null-array":
      return null;
    case "error":
      return errorText(value);
  }
}

function errorText({ code, message }: { code?: string; message: string }): string {
  return code === undefined ? message : `${code} ${message}`;
}

function doubleText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return "nan";
  return value > 0 ? "inf" : "-inf";
}
