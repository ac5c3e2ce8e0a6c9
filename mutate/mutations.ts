import { type ParseResult, parse } from '@babel/parser'

/** One small mistake: a piece of a source and what it becomes. */
export interface Mutation {
  readonly start: number
  readonly end: number
  readonly line: number
  readonly from: string
  readonly to: string
  /** What kind of mistake. */
  readonly kind: string
  /** It is made when the module is loaded, so that it must be chosen before. */
  readonly isAtOnce: boolean
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly loc: { readonly start: { readonly line: number } }
  readonly [key: string]: unknown
}

/** Every mistake that is made in a TypeScript source, in the order of its text. */
export function mutationsOf(source: string): readonly Mutation[] {
  const file: ParseResult = parse(source, {
    ...{ sourceType: 'module', plugins: ['typescript'], createParenthesizedExpressions: true },
  })
  const found: Mutation[] = []
  walk(file.program as unknown as Node, false, (node, isInFunction) => {
    for (const { start, end, to, kind } of mistakesIn(node, source)) {
      const from = source.slice(start, end)
      const { line } = node.loc.start
      const isAtOnce = !isInFunction && kind !== 'block emptied'
      found.push({ start, end, from, to, kind, line, isAtOnce })
    }
  })
  // Outer ones first; a statement before the expression that it consists of.
  const isStatement = ({ kind }: Mutation) => (kind === 'statement removed' ? 0 : 1)
  return found.sort(
    (one, other) =>
      one.start - other.start || other.end - one.end || isStatement(one) - isStatement(other),
  )
}

interface Mistake {
  readonly start: number
  readonly end: number
  readonly to: string
  readonly kind: string
}

const swapped: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '&&': ['||'],
  '||': ['&&'],
}

function* mistakesIn(node: Node, source: string): Generator<Mistake> {
  const { type, start, end } = node
  const text = (part: Node) => source.slice(part.start, part.end)
  const whole = (to: string, kind: string): Mistake => ({ start, end, to, kind })
  const { left, right, operator, test, argument, body, expression } = node as unknown as Record<
    string,
    Node
  > & { readonly operator: string }
  if ((type === 'BinaryExpression' || type === 'LogicalExpression') && left && right) {
    if (operator === '??') yield whole(text(right), 'fallback for a value')
    if (isText(left) || isText(right)) return
    for (const other of swapped[operator] ?? [])
      yield whole(`${text(left)} ${other} ${text(right)}`, 'other operator')
  } else if (type === 'IfStatement' && test) {
    for (const value of ['true', 'false'])
      yield { start: test.start, end: test.end, to: value, kind: 'condition' }
  } else if (type === 'ConditionalExpression' && test)
    yield { start: test.start, end: test.end, to: `!(${text(test)})`, kind: 'condition' }
  else if (type === 'NumericLiteral')
    yield whole(String(Number(source.slice(start, end).replaceAll('_', '')) + 1), 'number')
  else if (type === 'BooleanLiteral')
    yield whole(text(node) === 'true' ? 'false' : 'true', 'boolean')
  else if (type === 'UnaryExpression' && operator === '!' && argument)
    yield whole(text(argument), 'negation')
  else if (type === 'AwaitExpression' && argument) yield whole(text(argument), 'await')
  else if (type === 'ExpressionStatement' && expression?.['type'] !== 'StringLiteral')
    yield whole(';', 'statement removed')
  else if (type === 'ContinueStatement' || type === 'BreakStatement')
    yield whole(';', 'statement removed')
  else if (type === 'ReturnStatement' && !argument) yield whole(';', 'statement removed')
  else if (isFunction(type) && body?.type === 'BlockStatement' && hasSteps(body))
    yield { start: body.start, end: body.end, to: '{}', kind: 'block emptied' }
}

function isFunction(type: string): boolean {
  return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression|ClassMethod|ObjectMethod|ClassPrivateMethod)$/.test(
    type,
  )
}

/** More than one statement: emptying a single one is what its removal does. */
function hasSteps(block: Node): boolean {
  return (block['body'] as readonly Node[]).length > 1
}

function isText({ type }: Node): boolean {
  return type === 'StringLiteral' || type === 'TemplateLiteral'
}

/** Types are no code, and what a message says is no promise. */
const skipped =
  /^(TS(?!AsExpression|SatisfiesExpression|NonNullExpression)|ThrowStatement|ImportDeclaration|TemplateLiteral)/

function walk(
  node: Node,
  isInFunction: boolean,
  visit: (node: Node, isInFunction: boolean) => void,
): void {
  if (skipped.test(node.type)) return
  visit(node, isInFunction)
  const isInside = isInFunction || isFunction(node.type) || /^Class.*Property$/.test(node.type)
  for (const [key, value] of Object.entries(node)) {
    if (key === 'typeAnnotation' || key === 'loc' || key.endsWith('Comments')) continue
    for (const child of Array.isArray(value) ? value : [value])
      if (typeof child === 'object' && child !== null && typeof (child as Node).type === 'string')
        walk(child as Node, isInside, visit)
  }
}
