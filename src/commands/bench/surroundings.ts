import type { Stack } from "../../local/stack.ts";
import type { Load } from "./load.ts";

/** What all measurements of a run share. */
export interface Surroundings {
  stack: Stack;
  load: Load;
  random: () => number;
  /** Of a round with 50 events each. */
  requests: number;
  rounds: number;
  /** Hears what is being done. */
  progress: (line: string) => void;
}
