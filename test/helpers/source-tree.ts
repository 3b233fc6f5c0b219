/**
 * A folder of TypeScript files as data: what each imports and exports, read with the compiler's own
 * parser. The rules of the structure test are functions of this.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';

export interface Import {
  specifier: string;
  /** Path of the imported file inside the tree; undefined for packages and files that are not there. */
  target: string | undefined;
  /** `import type`: gone from the built program. */
  typeOnly: boolean;
  /** import() or require(): not before it is called. */
  dynamic: boolean;
}

export interface SourceFile {
  /** Relative to the root of the tree, with forward slashes. */
  path: string;
  text: string;
  lines: number;
  imports: Import[];
  defaultExport: boolean;
  /** Types and constant data: nothing in it runs. */
  nothingRuns: boolean;
}

export type SourceTree = Map<string, SourceFile>;

/** Every .ts file under `root`. */
export function readSourceTree(root: string): SourceTree {
  const paths = filesUnder(root).filter((path) => path.endsWith('.ts'));
  const known = new Set(paths);
  return new Map(paths.map((path) => [path, readSource(root, path, known)]));
}

/** Every file under `root`, sorted, relative to it; nothing when there is no such folder. */
export function filesUnder(root: string): string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort();
}

function readSource(root: string, path: string, known: Set<string>): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  const parsed = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  const add = (specifier: string, typeOnly: boolean, dynamic: boolean) => {
    const wanted = posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts');
    const target = specifier.startsWith('.') && known.has(wanted) ? wanted : undefined;
    imports.push({ specifier, target, typeOnly, dynamic });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      add(node.moduleSpecifier.text, importsTypesOnly(node), false);
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      if (ts.isStringLiteral(node.moduleSpecifier)) add(node.moduleSpecifier.text, node.isTypeOnly, false);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      if (ts.isStringLiteral(node.argument.literal)) add(node.argument.literal.text, true, false);
    } else if (ts.isCallExpression(node) && loadsModule(node)) {
      const argument = literal(node.arguments[0]);
      if (argument !== undefined) add(argument, false, true);
    }
    ts.forEachChild(node, visit);
  };
  visit(parsed);
  return {
    path,
    text,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    imports,
    defaultExport: parsed.statements.some(exportsDefault),
    nothingRuns: parsed.statements.every(runsNothing),
  };
}

function importsTypesOnly(node: ts.ImportDeclaration): boolean {
  const clause = node.importClause;
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const named = clause.namedBindings;
  const list = named !== undefined && ts.isNamedImports(named) ? named.elements : undefined;
  return (
    clause.name === undefined && list !== undefined && list.length > 0 && list.every((one) => one.isTypeOnly)
  );
}

/** import(…), require(…) and whatever createRequire() was named. */
function loadsModule(node: ts.CallExpression): boolean {
  return node.expression.kind === ts.SyntaxKind.ImportKeyword || /require$/i.test(node.expression.getText());
}

/** A string, also behind `as string`, which hides a package from the compiler. */
function literal(node: ts.Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  if (ts.isAsExpression(node) || ts.isParenthesizedExpression(node)) return literal(node.expression);
  return ts.isStringLiteralLike(node) ? node.text : undefined;
}

function exportsDefault(node: ts.Statement): boolean {
  if (ts.isExportAssignment(node)) return true;
  if (
    ts.isExportDeclaration(node) &&
    node.exportClause !== undefined &&
    ts.isNamedExports(node.exportClause)
  ) {
    return node.exportClause.elements.some((element) => element.name.text === 'default');
  }
  const modifiers = ts.canHaveModifiers(node) ? ts.getModifiers(node) : undefined;
  return modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword) === true;
}

function runsNothing(node: ts.Statement): boolean {
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true;
  if (ts.isImportDeclaration(node)) return importsTypesOnly(node);
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  if (!ts.isVariableStatement(node)) return false;
  return node.declarationList.declarations.every(
    ({ initializer }) => initializer !== undefined && isData(initializer),
  );
}

/** Literals, and lists, objects and sets of them. */
function isData(node: ts.Expression): boolean {
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) return isData(node.expression);
  if (ts.isArrayLiteralExpression(node)) return node.elements.every(isData);
  if (ts.isObjectLiteralExpression(node)) {
    return node.properties.every(
      (property) => ts.isPropertyAssignment(property) && isData(property.initializer),
    );
  }
  if (ts.isNewExpression(node)) {
    return /^(Set|Map)$/.test(node.expression.getText()) && (node.arguments ?? []).every(isData);
  }
  return ts.isLiteralExpression(node) || /^(true|false|null)$/.test(node.getText());
}
