import { type CallExpression, Node, type Project, type SourceFile, SyntaxKind, type Type } from 'ts-morph';

/** An operation that is created and thrown away. */
export interface ForgottenYield {
  file: string;
  /** 1-based. */
  line: number;
  /** `lock.lock()`, as the source has it. */
  call: string;
  message: string;
}

/**
 * Finds operations that are called without `yield*`: calls whose type is an operation (an iterable that pauses) used as a
 * statement, in `await`, `void` or a condition. What the run finds only on paths that it takes, this finds on all.
 */
export function findForgottenYields(
  project: Project,
  files: readonly SourceFile[] = project.getSourceFiles(),
): ForgottenYield[] {
  return files.flatMap((file) =>
    file
      .getDescendantsOfKind(SyntaxKind.CallExpression)
      .filter((call) => isDropped(call) && isOperation(call.getReturnType()))
      .map((call) => ({
        file: file.getFilePath(),
        line: call.getStartLineNumber(),
        call: call.getText().split('\n', 1)[0] ?? '',
        message: `the operation is created but not run: write "yield* ${call.getText().split('\n', 1)[0]}"`,
      })),
  );
}

/** The value of the call is used by nothing that could run it. */
function isDropped(call: CallExpression): boolean {
  const parent = call.getParent();
  if (Node.isExpressionStatement(parent) || Node.isAwaitExpression(parent) || Node.isVoidExpression(parent))
    return true;
  if (Node.isIfStatement(parent) || Node.isWhileStatement(parent)) return parent.getExpression() === call;
  return Node.isPrefixUnaryExpression(parent);
}

/** `Op<T>` is an iterable of pauses; nothing else has a member of that name in what it yields. */
function isOperation(type: Type): boolean {
  const [yielded] = [...type.getAliasTypeArguments(), ...type.getTypeArguments()];
  if (type.getAliasSymbol()?.getName() === 'Op') return true;
  return yielded?.getSymbol()?.getName() === 'Pause';
}
