import type { AnyNode, Statement } from "acorn";
import { HOST } from "../names.ts";
import type { Adapter } from "./adapt.ts";
import type { ParsedFile } from "./parse.ts";
import { walk } from "./walk.ts";

const COUNT = "__edgehog_iterations";
const START = "__edgehog_loopStart";
/**
 * How many iterations pass between two questions to the host: few enough to stop in time, many enough to cost
 * nothing.
 */
const ITERATIONS_PER_CHECK = 1024;

type Loop = AnyNode & { body: Statement };

/**
 * Guards loops, since nothing else can stop one that does not end: each call of a function counts the iterations of all
 * its loops, and each loop that does not await remembers when it was first looked at (decisions 7). The host decides when
 * it has been too much, and throws.
 */
export const guardLoops: Adapter = (file) => {
  const counting = new Set<AnyNode>();
  walk(file.program, (node) => {
    if (!isLoop(node)) return;
    const { line, column } = file.placeOf(node);
    const check = `${HOST}.loop(${COUNT}, ${START}, ${line}, ${column})`;
    // Counted after the check: an iteration that was cut is not over, so that whoever swallows the error comes by again.
    const guard = `if (${COUNT} % ${ITERATIONS_PER_CHECK} === 0) ${awaits(node, file) ? check : `${START} = ${check}`}; ${COUNT} += 1;`;
    const statement = withLabels(node, file);
    file.edit.appendLeft(statement.start, `{ let ${START} = 0; `);
    file.edit.prependLeft(statement.end, " }");
    if (node.body.type === "BlockStatement") {
      file.edit.appendLeft(node.body.start + 1, ` ${guard}`);
    } else {
      file.edit.appendLeft(node.body.start, `{ ${guard} `);
      file.edit.prependLeft(node.body.end, " }");
    }
    counting.add(functionAround(node, file));
  });
  for (const caller of counting) {
    // A function with a loop in it has a body in braces.
    const place = isFunction(caller) ? caller.body.start + 1 : 0;
    file.edit.appendLeft(place, ` let ${COUNT} = 1; `);
  }
};

function isLoop(node: AnyNode): node is Loop {
  return ["ForStatement", "WhileStatement", "DoWhileStatement", "ForOfStatement"].includes(node.type);
}

/** A label belongs to its loop, so nothing may be inserted between them. */
function withLabels(loop: AnyNode, file: ParsedFile): AnyNode {
  const parent = file.parentOf(loop);
  return parent?.type === "LabeledStatement" ? withLabels(parent, file) : loop;
}

/** The function whose call a node belongs to, or the program. */
function functionAround(node: AnyNode, file: ParsedFile): AnyNode {
  let around = file.parentOf(node);
  while (around && !isFunction(around)) around = file.parentOf(around);
  return around ?? file.program;
}

function isFunction(node: AnyNode): node is AnyNode & { body: AnyNode } {
  return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type);
}

/** A loop that awaits lets others run, and may go on as long as its task; only its iterations are counted. */
function awaits(loop: AnyNode, file: ParsedFile): boolean {
  let found = loop.type === "ForOfStatement" && loop.await;
  const own = functionAround(loop, file);
  walk(loop, (node) => {
    if (node.type === "AwaitExpression" && functionAround(node, file) === own) found = true;
  });
  return found;
}
