import { throwing } from "./throwing.js";
import { looping } from "./looping.js";
import { returning } from "./returning.js";
import { spoiling } from "./spoiling.js";
import { storming } from "./storming.js";
import { escaping } from "./escaping.js";

/** By name: each does to an event, and to its surroundings, what no app should. */
export const misdeeds = { ...throwing, ...looping, ...returning, ...spoiling, ...storming, ...escaping };
