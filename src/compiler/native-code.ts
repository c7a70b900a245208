import { relative, sep } from "node:path";
import type { Plugin } from "esbuild";
import type { Findings } from "./source/findings.ts";

const NATIVE_MESSAGE = "Native code of a package: no runtime of the gateway can load it";

/**
 * What a bundle of JavaScript cannot hold. WebAssembly is a fault. Native code is a warning, and throws when it is loaded:
 * many packages try it and go on without.
 */
export function nativeCode(projectDirectory: string, { app, report }: Findings): Plugin {
  const nameOf = (path: string) => relative(projectDirectory, path).split(sep).join("/");
  return {
    name: "native-code",
    setup({ onLoad }) {
      onLoad({ filter: /\.node$/ }, ({ path }) => {
        const file = nameOf(path);
        report.warnings.push({
          app,
          file,
          message: NATIVE_MESSAGE,
          hint: "the package fails if it needs it",
        });
        return { contents: `throw new Error(${JSON.stringify(`${NATIVE_MESSAGE}: ${file}`)});` };
      });
      onLoad({ filter: /\.wasm$/ }, ({ path }) => {
        report.faults.push({
          app,
          file: nameOf(path),
          message: "WebAssembly of a package: Workers take it as a module of their own only",
          hint: "use a package that is JavaScript throughout",
        });
        return { contents: "" };
      });
    },
  };
}
