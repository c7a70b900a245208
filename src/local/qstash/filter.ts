import { ApiError } from "./api-error.ts";

const multiple = [
  "url",
  "topicName",
  "queueName",
  "scheduleId",
  "label",
  "flowControlKey",
  "messageId",
] as const;
const dates = ["fromDate", "toDate"] as const;
const extras = ["host", "path", "callerIp", "responseStatus", "state"] as const;

type Field = (typeof multiple)[number] | (typeof dates)[number] | (typeof extras)[number];

/** What each kind of list can be filtered by besides the common fields (QStash, OpenAPI). */
export const filterFields = {
  messages: [...multiple, ...dates, "callerIp", "host", "path"],
  deadLetters: [...multiple, ...dates, "callerIp", "responseStatus"],
  events: [...multiple, ...dates, "callerIp", "host", "path", "state"],
} as const satisfies Record<string, readonly Field[]>;

/** Parameters that are no filters, or that QStash ignores. */
const otherParameters = new Set(["count", "cursor", "async", "api", "qstash_token"]);

/** Accepted values by field. A subject matches when it has one of the values of every field. */
export type Filter = ReadonlyMap<Field, readonly string[]>;

/** What is filtered: messages, dead letters and events alike. Fields may be absent. */
export interface Subject {
  readonly [field: string]: unknown;
}

/**
 * Reads filters from a query. Several values come as repeated parameters or separated by commas. Throws an ApiError (400)
 * for a parameter that this list has no filter for: to overlook one would cancel or delete too much.
 */
export function parseFilter(query: URLSearchParams, fields: readonly Field[]): Filter {
  const filter = new Map<Field, string[]>();
  for (const [parameter, text] of query) {
    if (otherParameters.has(parameter)) continue;
    const name = aliases[parameter] ?? parameter;
    const field = fields.find((known) => known === name);
    if (field === undefined) {
      throw new ApiError(400, `unknown filter "${parameter}": this list knows ${fields.join(", ")}.`);
    }
    // An address may hold commas itself, so the whole text stays a candidate.
    filter.set(field, [...(filter.get(field) ?? []), text, ...text.split(",")]);
  }
  return filter;
}

const aliases: Readonly<Record<string, Field>> = {
  messageIds: "messageId",
  callerIP: "callerIp",
  urlGroup: "topicName",
};

/** Whether `subject` passes every field of the filter. */
export function matches(filter: Filter, subject: Subject): boolean {
  return [...filter].every(([field, accepted]) => {
    const time = Number(subject["time"] ?? subject["createdAt"]);
    if (field === "fromDate") return time >= Number(accepted[0]);
    if (field === "toDate") return time <= Number(accepted[0]);
    return valuesOf(field, subject).some((value) => accepted.includes(value));
  });
}

function valuesOf(field: Field, subject: Subject): string[] {
  switch (field) {
    case "label":
      return Array.isArray(subject["labels"]) ? subject["labels"].map(String) : [];
    case "callerIp":
      return present(subject["callerIP"]);
    case "host":
      return present(URL.parse(String(subject["url"]))?.host);
    case "path":
      return present(URL.parse(String(subject["url"]))?.pathname);
    case "state":
      return ["ACTIVE", "RETRY", "ERROR"].includes(String(subject["state"]))
        ? [String(subject["state"]), "IN_PROGRESS"]
        : present(subject["state"]);
    default:
      return present(subject[field]);
  }
}

function present(value: unknown): string[] {
  return value === undefined ? [] : [String(value)];
}
