/** A number as people read it, and with what it counts: `1,024 events`. */
export function figure(number: number, what?: string): string {
  const digits = number.toLocaleString("en");
  return what === undefined ? digits : `${digits} ${what}${number === 1 ? "" : "s"}`;
}
