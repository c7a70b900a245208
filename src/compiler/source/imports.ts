import type { AnyNode, Identifier } from "acorn";
import { hostLibrary } from "../libraries.ts";
import type { Adapter } from "./adapt.ts";
import type { Findings } from "./findings.ts";
import type { ParsedFile } from "./parse.ts";
import { walk } from "./walk.ts";

const LITERAL_ONLY = "name the module in a text, so that it can be bundled";

/** What PostHog put into each app's world as `google.cloud.bigquery` before apps could import it (runtime 4.2). */
const GOOGLE_CLOUD = { bigquery: "@google-cloud/bigquery" };

/**
 * Notes where modules are imported, for the errors of those that are missing, and settles what a bundler cannot know:
 * a namespace import of a host library is the library itself, and `require` exists for literal names only.
 */
export const adaptImports: Adapter = (file, findings) => {
  const refuse = (node: AnyNode, message: string, hint: string) =>
    findings.report.faults.push({ app: findings.app, file: file.path, ...file.placeOf(node), message, hint });

  walk(file.program, (node) => {
    switch (node.type) {
      case "ImportDeclaration":
      case "ExportAllDeclaration":
      case "ExportNamedDeclaration":
        if (node.source) noteImport(file, findings, node, String(node.source.value));
        break;
      case "ImportNamespaceSpecifier":
        // PostHog bound default and namespace to the same object, which may be a function: `import * as fetch`.
        if (isOfHostLibrary(file, node)) {
          file.edit.overwrite(node.start, node.end, `{ default as ${node.local.name} }`);
        }
        break;
      case "ImportExpression": {
        const specifier = literal(node.source);
        if (specifier === undefined) refuse(node, "Apps cannot import a computed module", LITERAL_ONLY);
        else noteImport(file, findings, node, specifier);
        break;
      }
      default:
    }
  });

  for (const { node, isWrite } of file.free) {
    if (node.name === "require" && !isWrite) adaptRequire(node);
    if (node.name === "google" && !isWrite) adaptGoogle(node);
  }

  function adaptRequire(node: Identifier): void {
    const parent = file.parentOf(node);
    if (parent?.type === "CallExpression" && parent.callee === node) {
      const [argument] = parent.arguments;
      const specifier = argument && literal(argument);
      if (specifier === undefined) refuse(parent, "Apps cannot require a computed module", LITERAL_ONLY);
      else noteImport(file, findings, parent, specifier);
      return;
    }
    const isMember = parent?.type === "MemberExpression" && parent.object === node;
    const isMain = isMember && parent.property.type === "Identifier" && parent.property.name === "main";
    if (isMember && !isMain) {
      refuse(parent, "Apps have no members of require", "only require with a literal name exists");
      return;
    }
    // `typeof require` is "undefined", and an app is never the main module.
    const unknown = isMember ? parent : node;
    file.edit.overwrite(unknown.start, unknown.end, "void 0");
  }

  /** `google.cloud` becomes an import, so that the client is bundled for the apps that use it, or missed by its name. */
  function adaptGoogle(node: Identifier): void {
    const cloud = file.parentOf(node);
    const isCloud = cloud?.type === "MemberExpression" && cloud.object === node && !cloud.computed;
    if (!isCloud || cloud.property.type !== "Identifier" || cloud.property.name !== "cloud") return;
    noteImport(file, findings, cloud, GOOGLE_CLOUD.bigquery);
    file.edit.overwrite(cloud.start, cloud.end, `({ bigquery: require("${GOOGLE_CLOUD.bigquery}") })`);
  }
};

function noteImport(file: ParsedFile, { imports }: Findings, node: AnyNode, specifier: string): void {
  const ofFile = imports.get(file.path) ?? new Map<string, () => ReturnType<ParsedFile["placeOf"]>>();
  imports.set(file.path, ofFile);
  if (!ofFile.has(specifier)) ofFile.set(specifier, () => file.placeOf(node));
}

function isOfHostLibrary(file: ParsedFile, specifier: AnyNode): boolean {
  const declaration = file.parentOf(specifier);
  return (
    declaration?.type === "ImportDeclaration" && hostLibrary(String(declaration.source.value)) !== undefined
  );
}

/** The text of a literal or of a template without holes. */
function literal(node: AnyNode): string | undefined {
  if (node.type === "Literal" && typeof node.value === "string") return node.value;
  if (node.type === "TemplateLiteral" && node.expressions.length === 0)
    return node.quasis[0]?.value.cooked ?? undefined;
  return undefined;
}
