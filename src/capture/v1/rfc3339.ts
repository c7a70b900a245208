import { parseDate } from "../date.ts";

const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** Whether `text` is a time as of RFC 3339, with seconds and a zone; v0 takes much more for a date. */
export function isRfc3339(text: string): boolean {
  return RFC_3339.test(text) && !Number.isNaN(parseDate(text));
}
