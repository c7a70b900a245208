import { printable } from "../printable.ts";
import { formatTable } from "../table.ts";
import type { DeadLetterClient, Entry, Replay, Which } from "./client.ts";

const POLL_MS = 1000;
const LISTED = 50;
const SHOWN_ERROR_CHARACTERS = 80;

/** Letters that are counted before it is asked whether they are meant. */
const MAX_COUNTED = 10_000;

/** As many as one request names. */
const IDS_PER_REQUEST = 500;

export interface Request {
  command: "list" | "show" | "replay" | "delete";
  ids: readonly string[];
  filter: Readonly<Record<string, string>>;
  limit?: number;
  json: boolean;
  /** Does not ask. */
  yes: boolean;
}

/** What the commands reach of the world. */
export interface World {
  client: DeadLetterClient;
  print(text: string): void;
  /** Progress, which is no part of the output. */
  tell(text: string): void;
  /** Asks a person; false without one. */
  confirm(question: string): Promise<boolean>;
  wait(milliseconds: number): Promise<unknown>;
}

/** Does what was asked for; resolves to whether all of it was done. Rejects when the gateway refuses. */
export async function runDeadLetters(request: Request, world: World): Promise<boolean> {
  switch (request.command) {
    case "list":
      return list(request, world);
    case "show":
      for (const id of request.ids)
        world.print(printable(JSON.stringify(await world.client.show(id), null, 2)));
      return true;
    case "replay":
    case "delete":
      return change(request, request.command, world);
  }
}

async function list({ filter, limit = LISTED, json }: Request, { client, print, tell }: World) {
  const { entries, isAll } = await client.list(filter, limit);
  if (json) print(JSON.stringify(entries, null, 2));
  else if (entries.length === 0) print("There are no such dead letters.");
  else print(tableOf(entries));
  if (!isAll) tell(`There are more than these ${entries.length}: give --limit, or filters.`);
  return true;
}

async function change(
  { ids, filter, yes, json }: Request,
  what: "replay" | "delete",
  { client, print, tell, confirm, wait }: World,
): Promise<boolean> {
  if (!yes && ids.length !== 1) {
    const { entries, isAll } =
      ids.length > 0 ? { entries: ids, isAll: true } : await client.list(filter, MAX_COUNTED);
    const number = isAll ? String(entries.length) : `more than ${entries.length}`;
    if (entries.length === 0) {
      print(json ? "{}" : "There are no such dead letters.");
      return true;
    }
    const question = `${what === "replay" ? "Replay" : "Delete"} ${number} dead letters?`;
    if (!(await confirm(question))) {
      tell(`${question} Not without --yes.`);
      return false;
    }
  }

  let done = 0;
  let stayed = 0;
  for (const which of requestsOf(ids, filter)) {
    if (what === "delete") done += await remove(which);
    else {
      const replay = await finish(await client.replay(which));
      done += replay.replayed;
      stayed += replay.refused + replay.missing;
    }
  }
  if (json) print(JSON.stringify(what === "delete" ? { deleted: done } : { replayed: done, stayed }));
  else print(`${done} dead letters ${what === "delete" ? "deleted" : "are on their way"}.`);
  return stayed === 0;

  async function remove(which: Which): Promise<number> {
    let deleted = 0;
    for (;;) {
      const answer = await client.remove(which);
      deleted += answer.deleted;
      if (!answer.more) return deleted;
      tell(`${deleted} deleted …`);
    }
  }

  async function finish(started: Replay): Promise<Replay> {
    let replay = started;
    while (replay.status === "running") {
      tell(`${replay.replayed} on their way …`);
      await wait(POLL_MS);
      replay = await client.replayState(started.id);
    }
    for (const { id, why } of started.why ?? []) tell(printable(`${id} stays: ${why}`));
    const unnamed = replay.refused - (started.why?.length ?? 0);
    if (unnamed > 0) tell(`${unnamed} more stay for reasons like these.`);
    if (replay.missing > 0) tell(`${replay.missing} are not there: replayed, deleted or expired.`);
    return replay;
  }
}

/** One request for a filter, one for each 500 ids. */
function requestsOf(ids: readonly string[], filter: Request["filter"]): Which[] {
  if (ids.length === 0) return [{ filter }];
  const requests: Which[] = [];
  for (let from = 0; from < ids.length; from += IDS_PER_REQUEST) {
    requests.push({ ids: ids.slice(from, from + IDS_PER_REQUEST) });
  }
  return requests;
}

function tableOf(entries: readonly Entry[]): string {
  const left = { align: "left" } as const;
  const columns = [
    { title: "last", ...left },
    { title: "project", ...left },
    { title: "where", ...left },
    { title: "events" },
    { title: "attempts" },
    { title: "error", ...left },
    { title: "id", ...left },
  ];
  const rows = entries.map(({ lastAt, project, plugin, hook, events, attempts, replays, error, id }) => [
    lastAt.slice(0, 19).replace("T", " "),
    project,
    plugin === null ? hook : `${plugin} ${hook}`,
    String(events),
    replays > 0 ? `${attempts} (replay ${replays})` : String(attempts),
    error.slice(0, SHOWN_ERROR_CHARACTERS).replaceAll(/\s+/g, " "),
    id,
  ]);
  return formatTable(
    columns,
    rows.map((row) => row.map(printable)),
  );
}
