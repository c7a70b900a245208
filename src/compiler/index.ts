export {
  compile,
  FOLDER_NAME,
  type CompiledApp,
  type CompileOptions,
  type CompileResult,
} from "./compile.ts";
export { CompileError, describeFault, type Fault } from "./faults.ts";
export { checkStartUp } from "./start-up.ts";
