import * as z from "zod";

/** `limit` of a list: a whole number up to `max`. */
export function limitParameter(fallback: number, max: number) {
  const whole = `give a whole number from 1 to ${max}`;
  return z.coerce.number({ error: whole }).int(whole).min(1, whole).max(max, whole).default(fallback);
}

/** A time as `Date.parse` takes it, kept as text. Without a zone it is UTC, wherever the gateway runs. */
export const timeParameter = z
  .string()
  .overwrite((text) => (/[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?$/.test(text) ? `${text}Z` : text))
  .refine((text) => !Number.isNaN(Date.parse(text)), "give a time such as 2030-01-31T12:00:00Z");

/** Any values by name, of a body that is JSON anyway. `z.record` and `z.json` would bring more of zod into the Worker. */
export const jsonObject = z.looseObject({});
