import type * as z from "zod";

/** What is wrong with one field of a request, named by its path: `config.region`, `limit`. */
export interface Fault {
  field: string;
  why: string;
}

/** What a person asked for does not fit or is not there, told field by field; nothing was done. The API and the pages answer it. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly faults: readonly Fault[];
  readonly status: 400 | 404;

  /** `lead` says before them what would be right. */
  constructor(faults: readonly Fault[], lead = "", status: 400 | 404 = 400) {
    super(lead + describeFaults(faults));
    this.faults = faults;
    this.status = status;
  }

  /** The same of something that is a part of another. */
  below(path: string): Refused {
    return new Refused(this.faults.map(({ field, why }) => ({ field: `${path}.${field}`, why })));
  }
}

/** The same of one field. */
export function refusalOf(field: string, why: string, status: 400 | 404 = 400): Refused {
  return new Refused([{ field, why }], "", status);
}

/** Parameters or a body as a schema has them; `lead` says what would be right. Throws `Refused`. */
export function parseOrRefuse<Schema extends z.ZodObject>(
  schema: Schema,
  given: unknown,
  lead = "",
): z.infer<Schema> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new Refused(faultsIn(parsed.error, Object.keys(schema.shape)), lead);
}

/** What is wrong with parameters or a body; `fields` are those that there are. */
export function faultsIn({ issues }: z.ZodError, fields: readonly string[]): Fault[] {
  return issues.flatMap((issue): Fault[] =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ field: key, why: `no such parameter; there are ${fields.join(", ")}` }))
      : [{ field: issue.path.join(".") || "body", why: issue.message }],
  );
}

export function describeFaults(faults: readonly Fault[]): string {
  return faults.map(({ field, why }) => `${field}: ${why}`).join("; ");
}
