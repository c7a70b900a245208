/** The values of `@posthog/plugin-scaffold`; everything else that it exports is a type and gone after compilation. */
export { RetryError } from "../errors.ts";

export const MetricsOperation = { Sum: "sum", Max: "max", Min: "min" } as const;
