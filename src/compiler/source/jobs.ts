import type { AnyNode, CallExpression, ObjectExpression } from "acorn";
import { HOST } from "../names.ts";
import type { Adapter } from "./adapt.ts";
import type { ParsedFile, TopLevelBinding } from "./parse.ts";
import { walk } from "./walk.ts";

const SCHEDULING = new Set(["runNow", "runIn", "runAt"]);

/**
 * PostHog's reference schedules a job through the module's own exported `jobs`, which are the plain functions. Such a
 * call goes to the host's jobs instead: with exactly one argument, or when its result is asked to run (decisions 2). The
 * exported functions themselves stay as they are, for the gateway to run when the job is due.
 */
export const scheduleOwnJobs: Adapter = (file) => {
  const binding = exportedJobs(file);
  const isOwn = (node: AnyNode) => binding?.references.has(node) || memberOfExports(file, node) === "jobs";
  walk(file.program, (node) => {
    if (
      node.type === "VariableDeclarator" &&
      node.id.type === "ObjectPattern" &&
      node.init &&
      isOwn(node.init)
    ) {
      file.edit.appendLeft(node.init.start, `${SCHEDULABLE}(`);
      file.edit.appendRight(node.init.end, ")");
      return;
    }
    if (node.type !== "CallExpression" || node.callee.type !== "MemberExpression") return;
    const { object } = node.callee;
    if (isOwn(object) && isScheduling(node, file))
      file.edit.overwrite(object.start, object.end, `${HOST}.jobs`);
  });
};

/** Jobs taken out of the exported object by name: there only the number of arguments can tell. */
const SCHEDULABLE = `((own) => Object.fromEntries(Object.entries(own).map(([name, run]) => [name, (...given) => given.length === 1 ? ${HOST}.jobs[name](given[0]) : run(...given)])))`;

function isScheduling(call: CallExpression, file: ParsedFile): boolean {
  if (call.arguments.length === 1 && call.arguments[0]?.type !== "SpreadElement") return true;
  const parent = file.parentOf(call);
  return (
    parent?.type === "MemberExpression" &&
    parent.object === call &&
    parent.property.type === "Identifier" &&
    SCHEDULING.has(parent.property.name)
  );
}

/** The file's variable `jobs`, if that is what the app exports under this name. */
function exportedJobs(file: ParsedFile): TopLevelBinding | undefined {
  const jobs = file.topLevel.find(({ name }) => name === "jobs");
  if (!jobs) return undefined;
  const isJobs = (node: AnyNode | null | undefined) =>
    node?.type === "Identifier" && (jobs.references.has(node) || node.name === "jobs");
  const holdsJobs = (node: AnyNode) => objectsBehind(node, file).some((object) => hasJobs(object, isJobs));

  const isExported = file.program.body.some((statement) => {
    switch (statement.type) {
      case "ImportDeclaration":
        // Another file of the app that schedules what `./jobs` exports.
        return (
          String(statement.source.value).startsWith(".") &&
          statement.specifiers.some(({ type, local }) => type === "ImportSpecifier" && local.name === "jobs")
        );
      case "ExportNamedDeclaration":
        return statement.declaration?.type === "VariableDeclaration"
          ? statement.declaration.declarations.some(({ id }) => isJobs(id))
          : statement.specifiers.some(({ local, exported }) => isJobs(local) && isJobs(exported));
      case "ExportDefaultDeclaration":
        return holdsJobs(statement.declaration);
      case "ExpressionStatement": {
        const { expression } = statement;
        if (expression.type !== "AssignmentExpression") return false;
        const { left, right } = expression;
        return memberOfExports(file, left) === "jobs" || (isExports(file, left) && holdsJobs(right));
      }
      default:
        return false;
    }
  });
  return isExported ? jobs : undefined;
}

function hasJobs(object: ObjectExpression, isJobs: (node: AnyNode) => boolean): boolean {
  return object.properties.some(
    (property) => property.type === "Property" && isJobs(property.key) && isJobs(property.value),
  );
}

/** An object literal itself, or the one that a top-level variable starts as. */
function objectsBehind(node: AnyNode, file: ParsedFile): ObjectExpression[] {
  if (node.type === "ObjectExpression") return [node];
  if (node.type !== "Identifier") return [];
  return file.program.body.flatMap((statement) =>
    statement.type === "VariableDeclaration"
      ? statement.declarations.flatMap(({ id, init }) =>
          id.type === "Identifier" && id.name === node.name && init?.type === "ObjectExpression"
            ? [init]
            : [],
        )
      : [],
  );
}

/** `x` of `exports.x` and `module.exports.x`. */
function memberOfExports(file: ParsedFile, node: AnyNode): string | undefined {
  if (node.type !== "MemberExpression" || node.computed || node.property.type !== "Identifier")
    return undefined;
  return isExports(file, node.object) ? node.property.name : undefined;
}

/** `exports` or `module.exports`, not shadowed. */
function isExports(file: ParsedFile, node: AnyNode): boolean {
  if (node.type === "Identifier") {
    return node.name === "exports" && file.free.some((reference) => reference.node === node);
  }
  return (
    node.type === "MemberExpression" &&
    node.object.type === "Identifier" &&
    node.object.name === "module" &&
    node.property.type === "Identifier" &&
    node.property.name === "exports"
  );
}
