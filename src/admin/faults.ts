import type { Context } from "hono";
import type * as z from "zod";

/** What is wrong with one field of a request, named by its path: `config.region`, `limit`. */
export interface Fault {
  field: string;
  why: string;
}

/** What a person asked for does not fit, told field by field; nothing was done. */
export class ChangeRefused extends Error {
  override readonly name = "ChangeRefused";
  readonly faults: readonly Fault[];

  /** `lead` comes before them, and says what would be right. */
  constructor(faults: readonly Fault[], lead = "") {
    super(lead + describeFaults(faults));
    this.faults = faults;
  }
}

/** The same, about one field. */
export function refusalOf(field: string, why: string): ChangeRefused {
  return new ChangeRefused([{ field, why }]);
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

/** Answers with faults as text and field by field; of a change that was refused, with what it says. */
export function answerFaults(
  context: Context,
  told: readonly Fault[] | ChangeRefused,
  status: 400 | 404 = 400,
): Response {
  if (told instanceof ChangeRefused)
    return context.json({ error: told.message, faults: told.faults }, status);
  return context.json({ error: describeFaults(told), faults: told }, status);
}
