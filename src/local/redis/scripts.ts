import { createHash } from "node:crypto";
import type { Command } from "./backend.ts";

/** A script that is forgotten costs its caller one NOSCRIPT and one EVAL, no more. */
const MAX_REMEMBERED_SCRIPTS = 10_000;
/** The whole first line but its end, so that the line numbers in script errors stay right. */
const SHEBANG = /^#!lua(?=\s|$)[^\n]*/;

export interface TranslatedCommand {
  command: Command;
  /** What the caller is told in place of a successful reply. */
  answer?: string;
}

/**
 * Makes Upstash's Lua scripts run on a Redis that does not know them.
 *
 * Upstash's scripts may begin with `#!lua flags=allow-key-locking`; Redis refuses that flag, js-redis-server any such line.
 * The returned function takes it off EVAL, EVAL_RO and SCRIPT LOAD. Clients compute the SHA-1 over the script as they wrote
 * it, so EVALSHA, EVALSHA_RO and SCRIPT EXISTS are translated from that to the one that the store knows. The pairs are kept
 * in this process only: after a restart EVALSHA answers NOSCRIPT, upon which clients send EVAL.
 */
export function createScriptTranslation(): (command: Command) => TranslatedCommand {
  const storedShas = new Map<string, string>();

  const strip = (script: string) => {
    if (!SHEBANG.test(script)) return { stripped: script, sha: null };
    const stripped = script.replace(SHEBANG, "");
    const sha = sha1(script);
    storedShas.set(sha, sha1(stripped));
    const [oldest] = storedShas.keys();
    if (storedShas.size > MAX_REMEMBERED_SCRIPTS && oldest !== undefined) storedShas.delete(oldest);
    return { stripped, sha };
  };
  const storedSha = (sha: string) => storedShas.get(sha.toLowerCase()) ?? sha;

  return (command) => {
    const [name = "", first, ...rest] = command;
    if (first === undefined) return { command };
    switch (name.toUpperCase()) {
      case "EVAL":
      case "EVAL_RO":
        return { command: [name, strip(first).stripped, ...rest] };
      case "EVALSHA":
      case "EVALSHA_RO":
        return { command: [name, storedSha(first), ...rest] };
      case "SCRIPT":
        return translateScript(command);
      default:
        return { command };
    }
  };

  function translateScript(command: Command): TranslatedCommand {
    const [name = "", subcommand = "", ...rest] = command;
    if (subcommand.toUpperCase() === "EXISTS") return { command: [name, subcommand, ...rest.map(storedSha)] };
    const [script] = rest;
    if (subcommand.toUpperCase() !== "LOAD" || script === undefined) return { command };
    const { stripped, sha } = strip(script);
    const translated = [name, subcommand, stripped, ...rest.slice(1)];
    return sha === null ? { command: translated } : { command: translated, answer: sha };
  }
}

function sha1(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}
