/** `Function` for apps: the same to `instanceof`, but it makes no functions from text on any platform. */
export const AppFunction = refusing(Function);

/**
 * Takes away the ways from any function to `Function` and its relatives, with which text becomes code that sees the real
 * global object: Workers refuse that by themselves, Node and Deno do not. The gateway's own `Function` stays.
 */
export function closeCodeGeneration(): void {
  const kinds = [() => {}, async () => {}, function* () {}, async function* () {}];
  for (const kind of kinds) {
    const prototype = Object.getPrototypeOf(kind) as { constructor: FunctionConstructor };
    const { constructor } = prototype;
    const value = constructor === Function ? AppFunction : refusing(constructor);
    Object.defineProperty(prototype, "constructor", { value, writable: false, configurable: true });
  }
}

function refusing(constructor: FunctionConstructor): FunctionConstructor {
  const stand = function () {
    throw new EvalError("Apps cannot make functions of text: Workers do not evaluate it; write the code out");
  };
  Object.defineProperty(stand, "name", { value: constructor.name });
  Object.defineProperty(stand, "prototype", { value: constructor.prototype });
  return Object.freeze(stand) as unknown as FunctionConstructor;
}
