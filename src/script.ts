/** A script of Redis with its keys and arguments. Runs alone: nothing else happens meanwhile. */
export type Script = [text: string, keys: string[], args: string[]];

/** Says that a script touches no key that it does not declare, so that Upstash locks only these. */
const HEAD = "#!lua flags=allow-key-locking\n";

/**
 * Two scripts as one, which returns what the first does. Where the first fails the second is not run, which a transaction would
 * do: Redis has no way back in either. One command fewer than one after the other, and one request.
 */
export function inTurn(
  [firstText, firstKeys, firstArgs]: Script,
  [secondText, secondKeys, secondArgs]: Script,
): Script {
  // Numbers are arguments, so that the text stays the same: Redis remembers each that it has seen.
  const text = `${HEAD}
local function part(of, from, to)
  local some = {}
  for i = from, to do some[#some + 1] = of[i] end
  return some
end
local function first(KEYS, ARGV)
${bodyOf(firstText)}
end
local function second(KEYS, ARGV)
${bodyOf(secondText)}
end
local keys, args = tonumber(ARGV[1]), tonumber(ARGV[2])
local result = first(part(KEYS, 1, keys), part(ARGV, 3, 2 + args))
second(part(KEYS, keys + 1, #KEYS), part(ARGV, 3 + args, #ARGV))
return result`;
  const counts = [firstKeys.length, firstArgs.length].map(String);
  return [text, [...firstKeys, ...secondKeys], [...counts, ...firstArgs, ...secondArgs]];
}

function bodyOf(text: string): string {
  return text.startsWith(HEAD) ? text.slice(HEAD.length) : text;
}
