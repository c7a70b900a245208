import type { Instances } from "../../apps/instances.ts";
import type { Scope } from "../../apps/scope.ts";
import { deriveId } from "../../derived-id.ts";
import { type Store } from "../../store.ts";
import type { ReplayMessage } from "../message.ts";
import { outgoing } from "../publish.ts";
import type { OutgoingMessage } from "../queue.ts";
import { findLetters, type LetterFilter, type Position, summariesOf } from "./find.ts";
import type { Summary } from "./letter.ts";
import { type ReplayPart, writePart } from "./replay-record.ts";

/** Letters that one part of a replay sends on: five requests to QStash. */
const LETTERS_PER_PART = 500;

/** Which letters to replay: these, or all that a filter finds of those that there were at `to`. */
export type Wanted = { ids: readonly string[] } | { filter: LetterFilter & { to: number } };

/** A replay of letters, part by part; the first is done by who asks for it, the others by messages. */
export interface Replays {
  /**
   * Does a part: finds letters, sees whether what failed is still there to be tried again, and builds a message for each that
   * has it so. What cannot be replayed stays as it is. Resolves to what must be published, the message for the next part
   * with it. Rejects when Redis does.
   */
  part(replay: Omit<ReplayMessage, "v" | "id" | "project">, scope: Scope): Promise<SentOn>;
  /** The `replay` route: does a part by message, and writes down how far the replay is. */
  work(message: ReplayMessage, scope: Scope): Promise<OutgoingMessage[]>;
}

export interface SentOn {
  messages: OutgoingMessage[];
  part: ReplayPart;
  /** Letters that stay, with the reason. */
  refused: { id: string; why: string }[];
  isLast: boolean;
}

export function createReplays(options: {
  store: Store;
  instances: Instances;
  /** Whether there is a PostHog to send to. */
  hasPostHog: boolean;
  now: () => Date;
}): Replays {
  const { store, instances } = options;
  const nowMs = () => options.now().getTime();

  async function find(
    { projects, wanted }: Pick<ReplayMessage, "projects" | "wanted">,
    after: Position | null,
  ): Promise<{ letters: Summary[]; next: Position | null; missing: number }> {
    if ("filter" in wanted) {
      const { filter } = wanted;
      const limit = LETTERS_PER_PART;
      const found = await findLetters(store, { projects, filter, limit, after, nowMs: nowMs() });
      return { ...found, missing: 0 };
    }
    const letters = await summariesOf(store, projects, wanted.ids);
    return { letters, next: null, missing: wanted.ids.length - letters.length };
  }

  /** Why a letter cannot be replayed now; null when it can. */
  function obstacle({ project, plugin, hook }: Summary): string | null {
    if (plugin === undefined) return options.hasPostHog ? null : "there is no POSTHOG_HOST any more";
    switch (instances.standing(project, plugin)) {
      case null:
        return `the app "${plugin}" is disabled, or no longer deployed`;
      case "disabled":
        return `the app "${plugin}" is disabled: its set-up has failed`;
      case "pending":
      case "running": {
        const hooks = instances.hooks(project, plugin);
        const [kind, job = ""] = splitHook(hook);
        // Buffers are made by code that runs: whether there is one shows when its app has been set up.
        const isThere = kind === "onFlush" || (kind === "jobs" ? hooks?.jobs?.[job] : has(hooks, kind));
        return isThere ? null : `the app "${plugin}" has no ${hook} any more`;
      }
    }
  }

  const part: Replays["part"] = async (replay, scope) => {
    const { projects, replay: id, after = null } = replay;
    const { letters, next, missing } = await find(replay, after);
    for (const project of new Set(letters.map((letter) => letter.project))) {
      // What this isolate knows of the apps does while Redis is away.
      await instances.refresh(project, scope).catch(() => {});
    }
    const messages: OutgoingMessage[] = [];
    const refused: SentOn["refused"] = [];
    for (const letter of letters) {
      const why = obstacle(letter);
      if (why === null) messages.push(letterMessage(letter));
      else refused.push({ id: letter.id, why });
    }
    const sent = { replayed: messages.length, refused: refused.length, missing };
    if (next) {
      const number = replay.part + 1;
      const again = { ...replay, id: deriveId("replay", id, String(number)), part: number, after: next };
      messages.push(outgoing("replay", { ...again, project: projects.join(" ") }));
    }
    return { messages, part: sent, refused, isLast: next === null };
  };

  return {
    part,
    async work({ projects, replay, wanted, part: number, after }, scope) {
      const asked = { projects, replay, wanted, part: number, ...(after ? { after } : {}) };
      const done = await part(asked, scope);
      await writePart(store, replay, number, done, nowMs());
      return done.messages;
    },
  };
}

/** The message that takes a letter to where it failed. Its id is the letter's: however often a letter is replayed, it goes once. */
function letterMessage({ id, project }: Summary): OutgoingMessage {
  return outgoing("letter", { id: deriveId("letter", id), project, letter: id });
}

function splitHook(hook: string): [string, string?] {
  const dot = hook.indexOf(".");
  return dot < 0 ? [hook] : [hook.slice(0, dot), hook.slice(dot + 1)];
}

function has(hooks: object | null, hook: string): boolean {
  return hooks !== null && typeof (hooks as Record<string, unknown>)[hook] === "function";
}
