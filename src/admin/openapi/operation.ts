/** What a route takes and answers, in JSON Schema. */
export interface Operation {
  summary: string;
  /** Parameters by name. */
  query?: Readonly<Record<string, object>>;
  body?: object;
  /** What success answers, by status. */
  answers: Readonly<Record<number, { description: string; schema?: object; text?: true }>>;
  /** Statuses of refusals besides those that every route has. */
  refusals?: readonly number[];
}

const reasons: Readonly<Record<number, string>> = {
  400: "Faulty parameters or body; the error names each.",
  401: "Without the ADMIN_TOKEN.",
  403: "With a token that may only read.",
  404: "There is no such thing, or not in a project that is served.",
  409: "Not in the state that it is in.",
  413: "Larger than it may be.",
  429: "After too many wrong tokens from this address.",
  503: "Redis or QStash did not take it: nothing is half done, send it again.",
};

/** An operation as OpenAPI has it; parameters of the path are read off that. */
export function operationObject(path: string, operation: Operation): object {
  const { summary, query, body, answers, refusals = [] } = operation;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const refused = [400, 401, 403, ...refusals, ...(body ? [413] : []), 429, 503].map((status) => [
    String(status),
    { description: reasons[status], content: json({ $ref: "#/components/schemas/Error" }) },
  ]);
  const answered = Object.entries(answers).map(([status, { description, schema, text }]) => [
    status,
    {
      description,
      content: {
        ...json(schema ?? { type: "object" }),
        ...(text ? { "text/plain": { schema: { type: "string" } } } : {}),
      },
    },
  ]);
  const inQuery = Object.entries(query ?? {}).map(([name, schema]) => ({ name, in: "query", schema }));
  const parameters = [...inPath, ...inQuery];
  return {
    summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: { required: true, content: json(body) } } : {}),
    responses: Object.fromEntries([...answered, ...refused]),
  };
}

function json(schema: object) {
  return { "application/json": { schema } };
}
