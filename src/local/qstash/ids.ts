/**
 * Makes ids such as `msg_0mh3x9k2p0001c4f…`: time, a running number, randomness. Messages due at the same millisecond are
 * delivered by id, hence in the order of their publication.
 */
export function createIds(options: {
  clock: { now(): number };
  random: () => string;
}): (prefix: string) => string {
  let running = 0;
  return (prefix) => {
    const time = options.clock.now().toString(36).padStart(9, "0");
    running = (running + 1) % 36 ** 4;
    return `${prefix}_${time}${running.toString(36).padStart(4, "0")}${options.random()}`;
  };
}
