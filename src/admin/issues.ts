import type * as z from "zod";

/** What is wrong with parameters or a body, field by field; `fields` are those that there are. */
export function describeIssues({ issues }: z.ZodError, fields: readonly string[]): string {
  return issues
    .map((issue) =>
      issue.code === "unrecognized_keys"
        ? `${issue.keys.join(", ")}: no such parameter; there are ${fields.join(", ")}`
        : `${issue.path.join(".") || "body"}: ${issue.message}`,
    )
    .join("; ");
}
